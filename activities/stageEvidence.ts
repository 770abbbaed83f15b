import type { ReleaseView } from '../src/domain/release/types.js';
import { evidenceOfSteps } from '../src/domain/build/story.js';
import { getJson, putJson } from './documents.js';
import type { Ports } from './ports.js';
import { readSteps } from './stepStories.js';

/**
 * What every stage of a release found so far, by `<stage>` or `<stage>.<environment>`, each with its digest; and as
 * `build.steps`, which steps ran, were skipped, or were tried more than once.
 */
export const stageEvidence = async (
  ports: Pick<Ports, 'store'>,
  { releaseId, stages }: Pick<ReleaseView, 'releaseId' | 'stages'>,
): Promise<Readonly<Record<string, unknown>>> => {
  const found: Record<string, unknown> = {};
  for (const stage of stages) {
    if (stage.evidence === undefined) continue;
    const name = stage.environment === undefined ? stage.name : `${stage.name}.${stage.environment}`;
    found[name] = { digest: stage.evidence, ...(await getJson<Record<string, unknown>>(ports.store, stage.evidence)) };
  }
  const told = await readSteps(ports.store, releaseId);
  if (told.length > 0) {
    const steps = { kind: 'steps', steps: evidenceOfSteps(told) };
    found['build.steps'] = { digest: await putJson(ports.store, steps), ...steps };
  }
  return found;
};
