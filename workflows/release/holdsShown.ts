import { setHandler } from '@temporalio/workflow';
import type { OverrideNotice } from '../../src/domain/hold/types.js';
import { heldSignal } from '../messages.js';
import { isHeldNotice } from '../received.js';
import type { ShownView } from './view.js';

/** Overrides that are shown: each is of a freeze of its own. */
const MAX_OVERRIDES = 20;

/** What keeps a release out of an environment, and what it was let pass, for people to see. */
export interface HoldsShown {
  /** Nothing keeps it out any more. */
  free(): void;
  overrode(overridden: readonly OverrideNotice[]): void;
}

/** @param unanswered the environment whose word the release waits for */
export const openHoldsShown = ({ view, show, drop }: ShownView, unanswered: () => string | undefined): HoldsShown => {
  const free = (): void => {
    if (view().held === undefined) return;
    drop('held');
    show({});
  };
  const overrode = (overridden: readonly OverrideNotice[]): void => {
    const known = view().overrides ?? [];
    const more = overridden.filter(
      (one) => !known.some(({ freeze, environment }) => freeze === one.freeze && environment === one.environment),
    );
    if (more.length > 0) show({ overrides: [...known, ...more].slice(0, MAX_OVERRIDES) });
  };
  setHandler(
    heldSignal,
    (message) => {
      if (!isHeldNotice(message) || view().outcome !== undefined) return;
      const { environment, since, holds, overridden } = message;
      overrode(overridden);
      if (holds.length === 0) free();
      else if (unanswered() === environment) show({ held: { environment, since, holds } });
    },
    { description: 'What keeps this release out of an environment, for people to see' },
  );
  return { free, overrode };
};
