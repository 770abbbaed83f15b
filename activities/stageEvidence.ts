import { evidenceOfSteps } from '../src/domain/build/story.js';
import type { Entry } from '../src/domain/release/lastFound.js';
import { stagesFound } from '../src/domain/release/stagesFound.js';
import type { ReleaseView } from '../src/domain/release/types.js';
import { getJson, putJson } from './documents.js';
import type { Ports } from './ports.js';
import { readSteps } from './stepStories.js';

/**
 * What every stage of a release found of its artifact, by `<stage>` or `<stage>.<environment>`, each with its digest; and as
 * `build.steps`, which steps ran, were skipped, or were tried more than once.
 *
 * @param entries the release's own stream: what it says of its stages itself is not believed
 */
export const stageEvidence = async (
  { store }: Pick<Ports, 'store'>,
  { releaseId, artifactDigest }: Pick<ReleaseView, 'releaseId' | 'artifactDigest'>,
  entries: readonly Pick<Entry, 'kind' | 'body'>[],
): Promise<Readonly<Record<string, unknown>>> => {
  const found: Record<string, unknown> = {};
  for (const [name, digest] of Object.entries(stagesFound(entries, artifactDigest)))
    found[name] = { digest, ...(await getJson<Record<string, unknown>>(store, digest)) };
  const told = await readSteps(store, releaseId);
  if (told.length > 0) {
    const steps = { kind: 'steps', steps: evidenceOfSteps(told) };
    found['build.steps'] = { digest: await putJson(store, steps), ...steps };
  }
  return found;
};
