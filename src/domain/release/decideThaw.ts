import type { Digest } from '../artifact/types.js';
import type { EnvironmentSpec } from '../spec/types.js';
import type { StageView } from './types.js';

/** How old evidence may be at the end of a hold, where slipway.yaml does not say: one day. */
export const EVIDENCE_LASTS_MS = 86_400_000;

export type ThawDecision =
  | { readonly kind: 'go_on'; readonly reason: string }
  /** Verification and gates of this environment run again before the release goes on. */
  | { readonly kind: 'evaluate_again'; readonly environment: EnvironmentSpec; readonly reason: string };

/** What became known when a hold ended. */
export interface Thaw {
  readonly environments: readonly EnvironmentSpec[];
  /** The one that it was kept out of. */
  readonly entering: string;
  readonly stages: readonly StageView[];
  /** Something else runs there than when it was first held. */
  readonly championChanged: boolean;
  readonly now: number;
}

/**
 * After a hold: does what the environment before found still count? It does while it is young enough and what it was
 * compared with still runs. Where there is no environment before, or it looks at nothing, there is nothing to repeat.
 */
export const decideThaw = ({ environments, entering, stages, championChanged, now }: Thaw): ThawDecision => {
  const position = environments.findIndex(({ name }) => name === entering);
  const before = environments[position - 1];
  const here = environments[position];
  if (before === undefined || (before.verify.smokeRows === 0 && before.gates.length === 0))
    return { kind: 'go_on', reason: 'no environment before it has evidence' };
  if (championChanged)
    return {
      kind: 'evaluate_again',
      environment: before,
      reason: `${entering} runs another version than before the hold`,
    };
  const ages = evidenceOf(stages, before.name).map(({ endedAt }) => now - (endedAt ?? 0));
  const lastsMs = here?.evidenceLastsMs ?? EVIDENCE_LASTS_MS;
  return Math.max(0, ...ages) > lastsMs
    ? {
        kind: 'evaluate_again',
        environment: before,
        reason: `what ${before.name} found is older than ${hours(lastsMs)} h`,
      }
    : { kind: 'go_on', reason: `what ${before.name} found is young enough` };
};

/** Digests of what an environment found: a decision rests on these. */
export const evidenceDigests = (stages: readonly StageView[], environment: string): readonly (Digest | undefined)[] =>
  evidenceOf(stages, environment).map(({ evidence }) => evidence);

const evidenceOf = (stages: readonly StageView[], environment: string): readonly StageView[] =>
  stages.filter((stage) => stage.environment === environment && (stage.name === 'verify' || stage.name === 'gate'));

const hours = (ms: number): string => (ms / 3_600_000).toFixed(1).replace(/\.0$/, '');
