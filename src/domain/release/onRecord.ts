import type { Digest } from '../artifact/types.js';
import { ranLast } from '../environment/deploymentAuthority.js';
import { interruptedRelease } from './interruptedRelease.js';
import { lastFound, type Entry } from './lastFound.js';
import { finishedStages, refusalToResume } from './resumePoint.js';
import { RESUME_ASKED } from './resumeAsked.js';
import type { DecisionRecord, ReleaseOutcome, ReleaseView, StageView } from './types.js';

/** What the ledger knows of a release that is to be told on. */
export interface ReleaseRecord {
  /** The release's own stream. */
  readonly entries: readonly Entry[];
  /** Streams of environments, by name. */
  readonly environments: Readonly<Record<string, readonly Entry[]>>;
}

/**
 * The stages that need not be told again. Whoever reaches the engine can start a release with any view, so a stage is
 * finished only where its own activity wrote down last that it passed, with this evidence, for this artifact; and a
 * deployment where it is the last that its environment's stream has. Behind the first that is not, nothing is.
 */
export const stagesOnRecord = (view: ReleaseView, record: ReleaseRecord): readonly StageView[] => {
  const end = view.stages.findIndex((stage) => !isOnRecord(stage, view.artifactDigest, record));
  return finishedStages(end < 0 ? view : { ...view, stages: view.stages.slice(0, end) });
};

const isOnRecord = (
  { name, environment, evidence }: StageView,
  artifact: Digest | undefined,
  { entries, environments }: ReleaseRecord,
): boolean => {
  // An approval is as good as the deployment behind it, which was not done without.
  if (name === 'approve') return true;
  // A review is met for good only where the release ended with it.
  if (name === 'review') return false;
  if (name === 'deploy') return artifact !== undefined && ranLast(environments[environment ?? ''] ?? []) === artifact;
  const found = lastFound(entries, name, environment);
  if (evidence === undefined || found?.['verdict'] !== 'pass' || found['evidence'] !== evidence) return false;
  return name === 'integrate' || name === 'build' || found['artifactDigest'] === artifact;
};

/** Every decision on the release that was written down, in order. */
export const decisionsOnRecord = (releaseId: string, entries: readonly Entry[]): readonly DecisionRecord[] =>
  toldBy(releaseId, entries)?.decisions ?? [];

/**
 * Why the ledger says that a release cannot be told on: it ended once with a verdict, or a gate or a person had refused
 * it before somebody ended its workflow. Undefined where it can.
 */
export const refusalOnRecord = (releaseId: string, entries: readonly Entry[]): string | undefined => {
  const ends = entries.filter(({ kind }) => kind === 'release.ended').map(({ body }) => body['outcome']);
  const told = toldBy(releaseId, entries)?.outcome;
  for (const outcome of told === undefined ? ends : [...ends, told]) {
    const refusal = refusalToResume({ outcome: outcome as ReleaseOutcome });
    if (refusal !== undefined) return refusal;
  }
  return undefined;
};

/** Who pushed or started a release; nobody where its stream does not say. */
export const pusherOnRecord = (entries: readonly Pick<Entry, 'kind' | 'body'>[]): string => {
  const trigger = entries.find(({ kind }) => kind === 'release.started')?.body['trigger'];
  return typeof trigger === 'string' ? trigger : '';
};

/** Who had a release told on, or asked for it, each once: they pushed it, as who started it did. */
export const resumersOnRecord = (entries: readonly Pick<Entry, 'kind' | 'body'>[]): readonly string[] =>
  [
    ...new Set(
      entries.flatMap(({ kind, body }) =>
        (kind === 'release.resumed' || kind === RESUME_ASKED) && typeof body['by'] === 'string' ? [body['by']] : [],
      ),
    ),
  ].sort();

const toldBy = (releaseId: string, all: readonly Entry[]): ReleaseView | undefined => {
  const entries = all.filter(({ kind }) => kind !== 'release.resumed');
  return interruptedRelease({ releaseId, entries, order: 0, environments: [], resumed: 0, now: 0 });
};
