import type { Digest } from '../artifact/types.js';
import type { RolloutSpec } from '../spec/types.js';
import { phasesOf, ruleOf, type Phase, type StepRule } from './phases.js';
import { ANALYSED } from './shareOf.js';
import type { OtherPhase } from './types.js';
import { WATCHED } from './watch.js';

interface Entry {
  readonly kind: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A look in the stream of a rollout that was had as its plan says. */
export interface PlannedLook {
  readonly index: number;
  /** Absent: a canary step. */
  readonly phase?: OtherPhase;
  /** Of the command since which it counted. */
  readonly seq: number;
  /** Absent: there was none. */
  readonly champion?: Digest;
  /** Absent: that somebody watched is all that is on record. */
  readonly evidence?: Digest;
}

export interface RolloutPlan {
  readonly candidate: Digest;
  /** Of the artifact's own spec; artifacts from before there were plans have none. */
  readonly rollout: RolloutSpec | undefined;
  /** Digest of what a step is judged by. */
  readonly digestOf: (judged: StepRule) => Digest;
}

/** Looks from before they said since which command they count: as far as anybody knows, those of one time. */
const UNKNOWN = -1;
/** Shares are given to a tenth of a percent. */
const SAME_SHARE = 0.05;

/**
 * The looks of a stream, and what was watched between them, that count for later ones. A rollout can be started by hand and
 * tells a look its rule, and which phase it is at: one by another rule than the artifact's own, at another share than that of
 * its phase, or at another version is in the ledger, and is nobody's look.
 */
export const looksOnRecord = (
  entries: readonly Entry[],
  { candidate, rollout, digestOf }: RolloutPlan,
): readonly PlannedLook[] => {
  const phases = rollout === undefined ? undefined : phasesOf(rollout);
  const rules = new Map(phases?.map((phase) => [phase, digestOf(ruleOf(phase))]));
  return entries
    .filter(({ kind, body }) => (kind === ANALYSED || kind === WATCHED) && body['candidate'] === candidate)
    .filter(({ body }) => {
      if (phases === undefined) return true;
      const phase = phases.find(({ kind, index }) => kind === (body['phase'] ?? 'step') && index === body['step']);
      // Looks from before rules and shares were written down do not say them.
      if (phase === undefined) return false;
      return (body['rule'] === undefined || body['rule'] === rules.get(phase)) && hadShare(body, phase);
    })
    .map(({ body }) => toLook(body));
};

const hadShare = ({ carried, candidate, champion }: Entry['body'], { copies, step }: Phase): boolean => {
  if (typeof carried !== 'number') return true;
  const share = copies ?? step.weight;
  // Whoever is alone has everything, whatever the step says.
  return champion === undefined || champion === candidate ? carried >= share : Math.abs(carried - share) < SAME_SHARE;
};

const toLook = ({ step, phase, seq, champion, evidence }: Entry['body']): PlannedLook => ({
  index: step as number,
  ...(phase === undefined ? {} : { phase: phase as OtherPhase }),
  seq: typeof seq === 'number' ? seq : UNKNOWN,
  ...(champion === undefined ? {} : { champion: champion as Digest }),
  ...(evidence === undefined ? {} : { evidence: evidence as Digest }),
});
