import type { Digest } from '../artifact/types.js';
import { AUTOMATIC_APPROVAL } from './judgeAutomatic.js';
import type { Entry } from './lastFound.js';

/** Stages that come before there is an artifact. */
const BEFORE_IT: readonly string[] = ['integrate', 'build'];

/**
 * Evidence of what each stage of a release found last, by `<stage>` or `<stage>.<environment>`, as its own stream of the
 * ledger has it: a view that somebody hands in can name the green gates of another artifact, or leave out what was red. What
 * a stage found of another artifact of this release is not of this one.
 *
 * @param artifact undefined where none was packaged: then nothing is of it
 */
export const stagesFound = (
  entries: readonly Pick<Entry, 'kind' | 'body'>[],
  artifact: Digest | undefined,
): Readonly<Record<string, Digest>> => {
  const found: Record<string, Digest> = {};
  for (const { kind, body } of entries) {
    const stage = stageOf(kind);
    if (stage === undefined) continue;
    const { environment, evidence, artifactDigest } = body;
    const name = typeof environment === 'string' ? `${stage}.${environment}` : stage;
    const isOfIt = BEFORE_IT.includes(stage) || (artifact !== undefined && artifactDigest === artifact);
    if (isOfIt && typeof evidence === 'string') found[name] = evidence as Digest;
  }
  return found;
};

const stageOf = (kind: string): string | undefined =>
  kind === AUTOMATIC_APPROVAL ? 'approve' : kind.startsWith('stage.') ? kind.slice('stage.'.length) : undefined;
