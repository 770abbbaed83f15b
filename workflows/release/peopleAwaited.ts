import { patched, setHandler, upsertSearchAttributes } from '@temporalio/workflow';
import { askingOf } from '../../src/domain/approval/asking.js';
import { looked, mayLook, NO_LOOKS, type Looks } from '../../src/domain/approval/looks.js';
import type { ApprovalProgress } from '../../src/domain/approval/progress.js';
import { updateStage } from '../../src/domain/release/stages.js';
import type { Unreachable, WaitingView } from '../../src/domain/release/types.js';
import {
  bakeAnsweredSignal,
  environmentMovedSignal,
  SEARCH_ATTRIBUTES,
  waitingStage,
  type CarriedRelease,
} from '../messages.js';
import type { ShownView } from './view.js';

/** The wait for people, as the release shows it, and what another run of the workflow left of it. */
export interface PeopleAwaited {
  /** Shows the wait; absent: it is over. */
  wait(waiting: WaitingView | undefined): void;
  /** Shown for as long as it waits for people. */
  couldNotTell(somebody: Unreachable): void;
  /** Was it told that its environment moved, and did it not look too often for that? */
  mayLook(): boolean;
  /** The same, and takes the look. */
  takeLook(): boolean;
  /** Where an earlier run left the wait of this gate, once: who is asked again after a hold is asked anew. */
  takeCarried(gate: string): ApprovalProgress | undefined;
  /** Looks that the next run goes on with; absent: nobody had said that its environment moved. */
  looks(): Looks | undefined;
}

export const openPeopleAwaited = ({ view, show, drop }: ShownView, carried?: CarriedRelease): PeopleAwaited => {
  let looks = carried?.looks ?? NO_LOOKS;
  let carriedOn = false;
  let listed: number | undefined;
  /** Who decides and did not hear of it, of the wait that is on. */
  let unheard: readonly Unreachable[] = carried?.view.waiting?.unreachable ?? [];

  setHandler(environmentMovedSignal, () => void (looks = { ...looks, due: true }), {
    description: 'The environment that it waits to enter has moved on: look again at what is decided on',
  });
  setHandler(bakeAnsweredSignal, () => void (looks = { ...looks, due: true }), {
    description: 'Somebody said what becomes of this provisional version: look for it in the ledger',
  });

  const begin = (waiting: WaitingView): void => {
    const { subject, environment, since } = waiting;
    show({
      waiting,
      evidenceDigest: subject.evidenceDigest,
      policyDigest: subject.policyDigest,
      stages: updateStage(view().stages, askingOf(subject.gate), environment, { status: 'waiting' }),
    });
    // Its end says so, too: an attribute costs, and lists ask only for who waits.
    if (since === listed) return;
    listed = since;
    upsertSearchAttributes([{ key: SEARCH_ATTRIBUTES.stage, value: waitingStage(environment) }]);
  };

  return {
    wait: (next) => {
      drop('waiting');
      if (next !== undefined) return begin(withUnheard(next, unheard));
      unheard = [];
      show({});
    },
    couldNotTell: (somebody) => {
      unheard = [...unheard.filter(({ to }) => to !== somebody.to), somebody];
      const { waiting } = view();
      if (waiting !== undefined) show({ waiting: withUnheard(waiting, unheard) });
    },
    mayLook: () => mayLook(looks, Date.now()),
    takeLook: () => {
      const may = mayLook(looks, Date.now());
      if (may) looks = looked(looks, Date.now());
      return may;
    },
    takeCarried: (gate) => {
      if (carried?.wait?.subject.gate !== gate) return undefined;
      // Releases from before this was noticed took it a second time.
      if (carriedOn && patched('carried-once')) return undefined;
      carriedOn = true;
      return carried.wait;
    },
    looks: () => (looks === NO_LOOKS ? undefined : looks),
  };
};

const withUnheard = (waiting: WaitingView, unheard: readonly Unreachable[]): WaitingView => {
  if (unheard.length === 0) return waiting;
  const others = (waiting.unreachable ?? []).filter(({ to }) => !unheard.some((one) => one.to === to));
  return { ...waiting, unreachable: [...others, ...unheard] };
};
