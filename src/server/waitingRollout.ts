import { createHash } from 'node:crypto';
import { canonicalJson } from '../domain/canonical.js';
import type { Digest } from '../domain/artifact/types.js';
import type { ReleaseView } from '../domain/release/types.js';
import type { RolloutSpec, Spec } from '../domain/spec/types.js';
import type { ServerPorts } from './ports.js';
import { releaseDocument } from './releaseState.js';

/**
 * How what waits for a decision would come in: from the spec that the evidence names, and only where it is the plan
 * that a decision would be bound to.
 */
export const waitingRollout = async (ports: ServerPorts, view: ReleaseView): Promise<RolloutSpec | undefined> => {
  const { waiting, model, releaseId } = view;
  if (waiting === undefined) return undefined;
  const release = releaseId.slice(`release/${model}/`.length);
  const evidence = await releaseDocument(ports, { model, release }, 'evidence.json');
  if (evidence === undefined) return undefined;
  const { specDigest } = decode<{ readonly specDigest: Digest }>(evidence);
  if ((await ports.store.hasBlob(specDigest)) === undefined) return undefined;
  const { environments } = decode<Spec>(await ports.store.getBlob(specDigest));
  const rollout = environments.find(({ name }) => name === waiting.environment)?.rollout;
  return rollout !== undefined && digestOf(rollout) === waiting.subject.planDigest ? rollout : undefined;
};

const decode = <T>(body: Uint8Array): T => JSON.parse(new TextDecoder().decode(body)) as T;

const digestOf = (value: unknown): Digest =>
  `sha256:${createHash('sha256').update(canonicalJson(value)).digest('hex')}`;
