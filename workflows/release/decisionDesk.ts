import {
  ApplicationFailure,
  CancellationScope,
  condition,
  isCancellation,
  patched,
  setHandler,
} from '@temporalio/workflow';
import { shortenDecisions } from '../../src/domain/approval/shortenDecisions.js';
import type { ErrorCode } from '../../src/domain/errors/table.js';
import type { DecisionRecord, LapsedDecision } from '../../src/domain/release/types.js';
import {
  decideSignal,
  decideUpdate,
  type CarriedDecisions,
  type DecideMessage,
  type DecisionReceipt,
} from '../messages.js';
import { openRefusalAlert } from './refusalAlert.js';
import type { ShownView } from './view.js';

/** Decisions that may wait to be judged: what the engine takes for one run. More are refused. */
const MAX_ARRIVED = 10_000;
const MAX_STATEMENT = 16_384;
/** Refused decisions that are kept in view; those that count are always kept, of those that did the latest. */
const MAX_REFUSED = 200;

/** A decision that arrived and was not judged yet; `done` is set by the approval that judges it. */
export interface ArrivedDecision {
  readonly statement: string;
  /** By the clock of the workflow, epoch milliseconds. */
  readonly at: number;
  /** By update: somebody waits for an answer. */
  readonly answered?: boolean;
  /** It was looked through with others, and is worth being judged by itself. */
  screened?: boolean;
  done?: {
    readonly record: DecisionRecord;
    readonly state: 'waiting' | 'approved' | 'rejected';
    /** What is still missing, in words. */
    readonly stands?: string;
  };
}

/** Takes decisions in, and keeps what became of them. */
export interface DecisionDesk {
  /** In the order of their arrival; taken out by the approval. */
  readonly decisions: ArrivedDecision[];
  record(decision: DecisionRecord): void;
  lapse(jtis: readonly string[], lapsed: LapsedDecision): void;
  takenBack(jtis: readonly string[]): void;
  refuse(arrived: ArrivedDecision, refusal: ErrorCode, reason?: string): void;
  refuseRest(): void;
  /** From now on an update, whose sender hears so, is refused; a signal is kept for the next run. */
  close(): void;
  carry(): CarriedDecisions;
}

export const openDesk = ({ view, show, note }: ShownView, carried?: CarriedDecisions): DecisionDesk => {
  const decisions: ArrivedDecision[] = (carried?.arrived ?? []).map((one) => ({ ...one }));
  const { releaseId, model } = view();
  const alert = openRefusalAlert(releaseId, model, carried?.refusals);
  let closed = false;

  const record = (decision: DecisionRecord): void => {
    if (!decision.counted) alert.refused(decision.refusal ?? 'internal');
    // A storm is counted: to list and render each of ten thousand would take longer than a workflow task may.
    if (decision.counted || view().decisions.filter(({ counted }) => !counted).length < MAX_REFUSED)
      show({ decisions: [...view().decisions, decision] });
    else note({ unlistedDecisions: (view().unlistedDecisions ?? 0) + 1 });
  };
  /** Says of decisions that counted why they do not any more. */
  const tell = (jtis: readonly string[], change: Pick<DecisionRecord, 'lapsed' | 'takenBack'>): void => {
    const told = (one: DecisionRecord) => (one.counted && jtis.includes(one.jti) ? { ...one, ...change } : one);
    const { decisions: listed, left } = shortenDecisions(view().decisions.map(told));
    if (left > 0) note({ unlistedDecisions: (view().unlistedDecisions ?? 0) + left });
    show({ decisions: listed });
  };
  const refuse: DecisionDesk['refuse'] = (arrived, refusal, refusalReason) => {
    const refused = {
      ...{ at: Date.now(), jti: 'unknown', subject: 'unknown', decision: 'unknown', reason: '', counted: false },
      refusal,
      ...(refusalReason === undefined ? {} : { refusalReason }),
    };
    arrived.done = { record: refused, state: 'waiting' };
    record(refused);
  };
  const refusalOf = ({ answered }: ArrivedDecision): ErrorCode | undefined => {
    if (view().waiting === undefined) return 'not_waiting';
    if (closed && answered === true) return 'inbox_full';
    return decisions.length >= MAX_ARRIVED ? 'inbox_full' : undefined;
  };
  /** Anything may come by signal. */
  const arrive = (message: DecideMessage, answered: boolean): ArrivedDecision => {
    const statement = typeof message?.statement === 'string' ? message.statement.slice(0, MAX_STATEMENT) : '';
    const arrived: ArrivedDecision = { statement, at: Date.now(), ...(answered ? { answered } : {}) };
    const refusal = refusalOf(arrived);
    if (refusal === undefined) decisions.push(arrived);
    else refuse(arrived, refusal);
    return arrived;
  };

  setHandler(decideSignal, (message) => void arrive(message, false), {
    description:
      'A signed decision: paste {"statement": "<text>"} with the text that `slipway approve --print-token` prints',
  });
  setHandler(decideUpdate, async (message) => receipt(arrive(message, true)), {
    description: 'A signed decision, answered with whether it counted',
  });

  return {
    decisions,
    record,
    lapse: (jtis, lapsed) => tell(jtis, { lapsed }),
    takenBack: (jtis) => tell(jtis, { takenBack: true }),
    refuse,
    refuseRest: () => {
      for (const arrived of decisions.splice(0)) refuse(arrived, 'not_waiting');
    },
    close: () => void (closed = true),
    carry: () => ({ arrived: decisions.map(({ statement, at }) => ({ statement, at })), refusals: alert.carry() }),
  };
};

const receipt = async (arrived: ArrivedDecision): Promise<DecisionReceipt> => {
  await judged(arrived);
  const done = arrived.done;
  if (done === undefined) throw ApplicationFailure.nonRetryable('the decision was not judged', 'internal');
  if (!done.record.counted) {
    throw ApplicationFailure.nonRetryable(
      `the decision does not count: ${done.record.refusalReason ?? done.record.refusal}`,
      done.record.refusal ?? 'internal',
    );
  }
  const { state, stands } = done;
  const { jti, inputs } = done.record;
  return {
    ...{ jti, counted: true, state },
    ...(inputs === undefined ? {} : { inputs }),
    ...(stands === undefined ? {} : { stands }),
  };
};

/** Also where the release is cancelled meanwhile: whoever decided hears what became of it, not only that something ended. */
const judged = async (arrived: ArrivedDecision): Promise<void> => {
  const isDone = (): boolean => arrived.done !== undefined;
  try {
    await condition(isDone);
  } catch (error) {
    // Releases from before this passed the cancellation on.
    if (!isCancellation(error) || !patched('cancelled-decisions-answered')) throw error;
    await CancellationScope.nonCancellable(() => condition(isDone));
  }
};
