import type { ReleaseView } from '../src/domain/release/types.js';
import { getJson } from './documents.js';
import type { Ports } from './ports.js';

/** What every stage of a release found so far, by `<stage>` or `<stage>.<environment>`, each with its digest. */
export const stageEvidence = async (
  ports: Pick<Ports, 'store'>,
  { stages }: Pick<ReleaseView, 'stages'>,
): Promise<Readonly<Record<string, unknown>>> => {
  const found: Record<string, unknown> = {};
  for (const stage of stages) {
    if (stage.evidence === undefined) continue;
    const name = stage.environment === undefined ? stage.name : `${stage.name}.${stage.environment}`;
    found[name] = { digest: stage.evidence, ...(await getJson<Record<string, unknown>>(ports.store, stage.evidence)) };
  }
  return found;
};
