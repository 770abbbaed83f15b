import type { Digest } from '../artifact/types.js';
import type { AnalysisSpec, CanaryStepSpec, RolloutSpec } from '../spec/types.js';

export const ANALYSED = 'rollout.analysed';
export const SHIFTED = 'rollout.shifted';
/** An operator ended the hold of a step: body `{step, by, reason, at}`. */
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
}

/** What one step of a canary is judged by. */
export interface StepRule {
  readonly step: CanaryStepSpec;
  readonly analysis: AnalysisSpec;
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
 * at it than `failureLimit` may have failed: a rollout goes back then, and looking until one passes is no way on.
 */
export const shareOf = ({ weight, rollout, ...asked }: ShareQuestion): Share => {
  if (rollout?.strategy !== 'canary' || !(weight > 0)) return FREE;
  const { steps, analysis } = rollout;
  const due = steps.findIndex((step) => step.weight >= weight);
  const before = due < 0 ? steps : steps.slice(0, due);
  const said = (step: CanaryStepSpec): string =>
    `its slipway.yaml gives it ${weight} % only behind a step of ${step.weight} %, and`;
  for (const [index, step] of before.entries()) {
    const fault = lookFault(asked, index, { step, analysis }, steps.length);
    if (fault !== undefined) return { kind: 'refused', reason: `${said(step)} ${fault}` };
  }
  for (const [index, step] of before.entries()) {
    const until = heldUntil(asked, index, step);
    if (until !== undefined)
      return { kind: 'held', reason: `${said(step)} that is held for ${step.holdMs / 1000} s first`, until };
  }
  return FREE;
};

/**
 * Until when a step is held that was looked at too early; undefined where its last look came after its time. It begins with
 * the shift to its weight, and anew where the weight was another in between; where no shift could be written down, with the
 * first look at that weight. A promotion ends its time: a look that came after it is not too early. That is all it does, and
 * what the look found counts as always.
 */
const heldUntil = (
  { candidate, entries }: Pick<ShareQuestion, 'candidate' | 'entries'>,
  index: number,
  { weight, holdMs }: CanaryStepSpec,
): number | undefined => {
  const isLook = ({ kind, body }: Entry): boolean => kind === ANALYSED && body['step'] === index;
  const last = entries.findLastIndex(isLook);
  const looked = entries[last]?.at ?? -Infinity;
  const began =
    shiftedAt(entries.slice(0, last), candidate, weight) ?? entries.find(hasWeight(isLook, weight))?.at ?? looked;
  if (looked - began >= holdMs || isPromoted(entries.slice(0, last), index, candidate, weight)) return undefined;
  return began + holdMs;
};

/** Somebody promoted the step since it has its weight; by the order of the chain, whatever clocks say. */
const isPromoted = (before: readonly Entry[], index: number, candidate: Digest, weight: number): boolean => {
  const promoted = before.findLastIndex(({ kind, body }) => kind === PROMOTED && body['step'] === index);
  const other = before.findLastIndex(({ kind, body }) => kind === SHIFTED && weightOf(body, candidate) !== weight);
  return promoted > other;
};

/** When the last stretch began that it had this weight in. */
const shiftedAt = (entries: readonly Entry[], candidate: Digest, weight: number): number | undefined => {
  const shifts = entries.filter(({ kind }) => kind === SHIFTED);
  const other = shifts.findLastIndex(({ body }) => weightOf(body, candidate) !== weight);
  return shifts[other + 1]?.at;
};

/** Looks from before the share was written down do not say it. */
const hasWeight =
  (isLook: (entry: Entry) => boolean, weight: number) =>
  (entry: Entry): boolean => {
    const { carried } = entry.body;
    return isLook(entry) && (typeof carried !== 'number' || carried >= weight);
  };

const weightOf = ({ weights }: Entry['body'], candidate: Digest): unknown =>
  Array.isArray(weights)
    ? (weights as readonly { artifactDigest?: unknown; weight?: unknown }[]).find(
        ({ artifactDigest }) => artifactDigest === candidate,
      )?.weight
    : undefined;

const lookFault = (
  { candidate, champion, entries, digestOf }: Omit<ShareQuestion, 'weight' | 'rollout'>,
  index: number,
  rule: StepRule,
  steps: number,
): string | undefined => {
  const looks = entries.flatMap(({ kind, body }) => (kind === ANALYSED && body['step'] === index ? [body] : []));
  const look = looks.at(-1);
  if (look === undefined) return 'no look at that is on record in this rollout';
  const failed = looks.filter(({ verdict }) => verdict === 'fail').length;
  if (failed > (rule.analysis.failureLimit ?? 0))
    return failed === 1 ? 'a look at that was fail' : `${failed} looks at that were fail`;
  if (look['verdict'] !== 'pass') return `the last look at that was ${String(look['verdict'])}`;
  if (look['candidate'] !== candidate) return 'the look at that was at another version';
  if (champion !== undefined && look['champion'] !== champion) return 'it was not compared with what has the traffic';
  // Rollouts that were under way when these were first written down have looks without.
  if (look['rule'] === undefined) return undefined;
  if (look['rule'] !== digestOf(rule)) return 'the look at that was by another rule';
  // A plan of more steps shares its false aborts among them, and so fails later.
  if (look['steps'] !== undefined && look['steps'] !== steps) return 'the look at that was part of another plan';
  const carried = look['carried'];
  return typeof carried === 'number' && carried >= rule.step.weight ? undefined : `it had ${String(carried)} % then`;
};
