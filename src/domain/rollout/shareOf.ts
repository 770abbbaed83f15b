import type { Digest } from '../artifact/types.js';
import type { RolloutSpec, StepApprovalSpec } from '../spec/types.js';
import { phasesOf, ruleOf, sayShare, tagOf, type Phase, type StepRule } from './phases.js';

export const ANALYSED = 'rollout.analysed';
export const SHIFTED = 'rollout.shifted';
/** A person's word on a step: it ends the hold, and is what a step waits for that asks for one. Body `{step, by, reason, at}`. */
export const PROMOTED = 'rollout.promoted';

interface Entry {
  readonly kind: string;
  readonly at: number;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface ShareQuestion {
  readonly candidate: Digest;
  /** Percent of the traffic that it is to have. */
  readonly weight: number;
  /** Of the artifact's own spec; artifacts from before there were plans have none. */
  readonly rollout: RolloutSpec | undefined;
  /** The stream of this rollout. */
  readonly entries: readonly Entry[];
  /** Digest of what a step is judged by. */
  readonly digestOf: (judged: StepRule) => Digest;
  /** Who has the traffic now; absent where nobody knows. */
  readonly champion?: Digest;
  /** Why nobody's word counts yet that it goes on behind a step that asks for one; absent: nobody's does. */
  readonly wordFault?: (step: number, approve: StepApprovalSpec) => string | undefined;
}

/** `held`: it passed what it must, and its step is not over yet. */
export type Share =
  | { readonly kind: 'free' }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'held'; readonly reason: string; readonly until: number };

const FREE: Share = { kind: 'free' };

/**
 * May a version that never ran here have this share of the traffic yet? The plan counts that is part of the artifact, and not
 * the one that a rollout was started with: before each step the last look at every step before must have passed, in this
 * rollout, by that step's own rule, beside who has the traffic, and not before the step was held for its time. No more looks
 * at it than `failureLimit` may have failed: a rollout goes back then, and looking until one passes is no way on. A shadow
 * comes before any traffic, and behind a step that asks for a person's word there is none without it.
 */
export const shareOf = ({ weight, rollout, ...asked }: ShareQuestion): Share => {
  if (rollout === undefined || !(weight > 0)) return FREE;
  const phases = phasesOf(rollout);
  const before = phases.filter(({ kind, step }) => kind === 'shadow' || (kind === 'step' && step.weight < weight));
  return passed(asked, phases.length, before, (phase) =>
    phase.kind === 'shadow'
      ? `its slipway.yaml gives it traffic only behind ${sayShare(phase)}, and`
      : `its slipway.yaml gives it ${weight} % only behind a step of ${phase.step.weight} %, and`,
  );
};

/**
 * May what ran before go, which a version keeps beside it after the switch of blue/green? Only once it was judged with all
 * traffic, and for as long as its spec has it kept. Other strategies keep nothing.
 */
export const releaseOf = ({ rollout, ...asked }: Omit<ShareQuestion, 'weight'>): Share => {
  if (rollout?.strategy !== 'blueGreen') return FREE;
  const phases = phasesOf(rollout);
  return passed(
    asked,
    phases.length,
    phases.filter(({ kind }) => kind === 'switch'),
    () => 'its slipway.yaml keeps what ran before up behind the switch, and',
  );
};

type Asked = Omit<ShareQuestion, 'weight' | 'rollout'>;

const passed = (asked: Asked, steps: number, phases: readonly Phase[], said: (phase: Phase) => string): Share => {
  for (const phase of phases) {
    const fault = lookFault(asked, phase, steps);
    if (fault !== undefined) return { kind: 'refused', reason: `${said(phase)} ${fault}` };
  }
  for (const phase of phases) {
    const until = heldUntil(asked, phase);
    if (until !== undefined)
      return { kind: 'held', reason: `${said(phase)} that is held for ${phase.step.holdMs / 1000} s first`, until };
  }
  for (const phase of phases) {
    const { approve } = phase.step;
    if (approve === undefined) continue;
    const fault = asked.wordFault === undefined ? 'nobody said so' : asked.wordFault(phase.index, approve);
    if (fault !== undefined)
      return { kind: 'refused', reason: `${said(phase)} that waits for the word of a person: ${fault}` };
  }
  return FREE;
};

/**
 * Until when a step is held that was looked at too early; undefined where its last look came after its time. It begins with
 * the shift to its weight, and anew where the weight was another in between; where no shift could be written down, with the
 * first look at that weight. A promotion ends its time: a look that came after it is not too early. That is all it does, and
 * what the look found counts as always.
 */
const heldUntil = ({ candidate, entries }: Asked, phase: Phase): number | undefined => {
  const { holdMs } = phase.step;
  const isLook = isLookAt(phase);
  const last = entries.findLastIndex(isLook);
  const looked = entries[last]?.at ?? -Infinity;
  const began =
    shiftedAt(entries.slice(0, last), candidate, phase) ?? entries.find(hasShare(isLook, phase))?.at ?? looked;
  if (looked - began >= holdMs || isPromoted(entries.slice(0, last), phase, candidate)) return undefined;
  return began + holdMs;
};

/** Somebody promoted the step since it has its share; by the order of the chain, whatever clocks say. */
const isPromoted = (before: readonly Entry[], phase: Phase, candidate: Digest): boolean => {
  const { index, kind: of } = phase;
  if (of !== 'step') return false;
  const since = sinceShare(before, candidate, phase);
  const promoted = since.findLastIndex(({ kind, body }) => kind === PROMOTED && body['step'] === index);
  const other = since.findLastIndex(({ kind, body }) => kind === SHIFTED && !hasShareOf(body, candidate, phase));
  return promoted > other;
};

/**
 * What was written down since the candidate first had the share of this phase, by a shift or by a look that found it. A word on
 * a step from before that is about something else: which step is under way a rollout says itself, and it can be started by hand.
 */
export const sinceShare = <T extends Entry>(entries: readonly T[], candidate: Digest, phase: Phase): readonly T[] => {
  const had = hasShare(isLookAt(phase), phase);
  const first = entries.findIndex(
    (entry) => had(entry) || (entry.kind === SHIFTED && hasShareOf(entry.body, candidate, phase)),
  );
  return first < 0 ? [] : entries.slice(first);
};

const isLookAt =
  ({ kind: phase, index }: Phase) =>
  ({ kind, body }: Entry): boolean =>
    kind === ANALYSED && body['step'] === index && body['phase'] === tagOf({ kind: phase }).phase;

/** When the last stretch began that it had this share in. */
const shiftedAt = (entries: readonly Entry[], candidate: Digest, phase: Phase): number | undefined => {
  const shifts = entries.filter(({ kind }) => kind === SHIFTED);
  const other = shifts.findLastIndex(({ body }) => !hasShareOf(body, candidate, phase));
  return shifts[other + 1]?.at;
};

/** What a look must have found that it had: a weight, or the copies of a shadow. */
const shareIn = ({ copies, step }: StepRule): number => copies ?? step.weight;

/** Looks from before the share was written down do not say it. */
const hasShare =
  (isLook: (entry: Entry) => boolean, phase: Phase) =>
  (entry: Entry): boolean => {
    const { carried } = entry.body;
    return isLook(entry) && (typeof carried !== 'number' || carried >= shareIn(phase));
  };

const hasShareOf = ({ weights }: Entry['body'], candidate: Digest, { kind, step }: Phase): boolean => {
  if (!Array.isArray(weights)) return false;
  const shares = weights as readonly { artifactDigest?: unknown; weight?: unknown; role?: unknown }[];
  const own = shares.find(({ artifactDigest }) => artifactDigest === candidate);
  return own?.weight === step.weight && (own.role === 'shadow') === (kind === 'shadow');
};

const lookFault = (
  { candidate, champion, entries, digestOf }: Asked,
  phase: Phase,
  steps: number,
): string | undefined => {
  const { analysis } = phase;
  const looks = entries.filter(isLookAt(phase)).map(({ body }) => body);
  const look = looks.at(-1);
  if (look === undefined) return 'no look at that is on record in this rollout';
  const failed = looks.filter(({ verdict }) => verdict === 'fail').length;
  if (failed > (analysis.failureLimit ?? 0))
    return failed === 1 ? 'a look at that was fail' : `${failed} looks at that were fail`;
  if (look['verdict'] !== 'pass') return `the last look at that was ${String(look['verdict'])}`;
  if (look['candidate'] !== candidate) return 'the look at that was at another version';
  if (champion !== undefined && look['champion'] !== champion) return 'it was not compared with what has the traffic';
  // Rollouts that were under way when these were first written down have looks without.
  if (look['rule'] === undefined) return undefined;
  const rule = ruleOf(phase);
  if (look['rule'] !== digestOf(rule)) return 'the look at that was by another rule';
  // A plan of more steps shares its false aborts among them, and so fails later.
  if (look['steps'] !== undefined && look['steps'] !== steps) return 'the look at that was part of another plan';
  const carried = look['carried'];
  return typeof carried === 'number' && carried >= shareIn(rule) ? undefined : `it had ${String(carried)} % then`;
};
