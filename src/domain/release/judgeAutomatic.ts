import type { Digest } from '../artifact/types.js';
import type { EnvironmentSpec } from '../spec/types.js';
import { lastFound, type Entry } from './lastFound.js';
import type { StageName } from './types.js';

/** Kind of the entry of the ledger that says what became of `approval: automatic`. */
export const AUTOMATIC_APPROVAL = 'approval.automatic';

/** What an automatic approval rests on. */
export interface Ground {
  readonly stage: StageName;
  readonly environment?: string;
  readonly evidence: Digest;
}

export type AutomaticApproval =
  | { readonly kind: 'approved'; readonly reason: string; readonly grounds: readonly Ground[] }
  | { readonly kind: 'refused'; readonly reason: string };

export interface AutomaticQuestion {
  /** Of the artifact's own spec, in order. */
  readonly environments: readonly Pick<EnvironmentSpec, 'name' | 'verify' | 'gates'>[];
  readonly environment: string;
  readonly artifactDigest: Digest;
  /** The stream of its release. */
  readonly entries: readonly Pick<Entry, 'kind' | 'body'>[];
  /** Digest of what the artifact's own spec has a stage judged by; undefined where it does not say. */
  readonly askedBy: (stage: StageName, environment: string | undefined) => Digest | undefined;
}

/**
 * The final validation where nobody is asked: checks and packaging, and smoke test and gates of every environment before
 * must be what the ledger says last of them, each with its evidence and for exactly this artifact. Environments before
 * that test nothing prove nothing; before the first one checks and packaging are all there is.
 */
export const judgeAutomatic = (question: AutomaticQuestion): AutomaticApproval => {
  const { environments, environment, entries, artifactDigest } = question;
  const at = environments.findIndex(({ name }) => name === environment);
  if (at < 0) return refused(`its slipway.yaml has no environment ${environment}`);
  const before = environments.slice(0, at).flatMap(stagesThatProve);
  if (at > 0 && before.length === 0)
    return refused(`no environment before ${environment} has a smoke test or a gate, so nothing proves the version`);
  const grounds: Ground[] = [];
  for (const stage of [{ name: 'integrate' }, { name: 'package' }, ...before] as const) {
    const where = 'environment' in stage ? stage.environment : undefined;
    const what = `${stage.name}${where === undefined ? '' : ` in ${where}`}`;
    const found = lastFound(entries, stage.name, where);
    if (found === undefined) return refused(`nothing on record says what came of ${what}`);
    const { verdict, evidence } = found;
    if (verdict !== 'pass') return refused(`${what} ended with ${String(verdict)}`);
    if (!isDigest(evidence)) return refused(`${what} left no evidence`);
    if (stage.name !== 'integrate' && found['artifactDigest'] !== artifactDigest)
      return refused(`${what} passed with another artifact`);
    // Records from before it was told do not say.
    const by = found['judgedBy'];
    if (by !== undefined && by !== question.askedBy(stage.name, where))
      return refused(`${what} was judged by something else than its slipway.yaml asks`);
    grounds.push({ stage: stage.name, ...(where === undefined ? {} : { environment: where }), evidence });
  }
  const said = grounds.map((one) => `${one.stage}${one.environment === undefined ? '' : ` in ${one.environment}`}`);
  return { kind: 'approved', reason: `green with evidence: ${said.join(', ')}`, grounds };
};

/**
 * Positions of environments that ask nobody and that no release of this spec can ever enter, because nothing before them
 * proves a version.
 */
export const neverProven = (
  environments: readonly Pick<EnvironmentSpec, 'name' | 'verify' | 'gates' | 'approval'>[],
): readonly number[] =>
  environments.flatMap(({ approval }, at) =>
    approval.kind === 'automatic' && at > 0 && environments.slice(0, at).flatMap(stagesThatProve).length === 0
      ? [at]
      : [],
  );

const stagesThatProve = ({ name, verify, gates }: AutomaticQuestion['environments'][number]) => [
  ...(verify.smokeRows > 0 ? [{ name: 'verify' as const, environment: name }] : []),
  ...(gates.length > 0 ? [{ name: 'gate' as const, environment: name }] : []),
];

const isDigest = (value: unknown): value is Digest => typeof value === 'string' && value.startsWith('sha256:');

const refused = (reason: string): AutomaticApproval => ({ kind: 'refused', reason });
