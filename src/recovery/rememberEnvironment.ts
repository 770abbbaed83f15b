import type { Digest, Version } from '../domain/artifact/types.js';
import type { EnvironmentMemory } from '../domain/environment/recoverState.js';
import type { Pointer } from '../domain/environment/types.js';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import type { BlobStore } from '../ports/blobStore.js';
import type { DeployTarget } from '../ports/deployTarget.js';
import type { Ledger, LedgerEntry } from '../ports/ledger.js';
import { environmentId } from '../../workflows/messages.js';
import { documentOf } from './documents.js';

/** Where an environment is remembered. */
export interface MemoryPorts {
  readonly store: Pick<BlobStore, 'getDocument'>;
  readonly ledger: Pick<Ledger, 'read'>;
  readonly target: (environment: string) => DeployTarget;
}

/** With the entries as the ledger has them. */
export type RememberedEnvironment = Omit<EnvironmentMemory, 'ledger'> & { readonly ledger: readonly LedgerEntry[] };

/**
 * Reads what ledger, pointer and target know of an environment. Asks no engine.
 *
 * @param options.patient a target that does not answer is told as such; else it is an error
 */
export const rememberEnvironment = async (
  ports: MemoryPorts,
  model: string,
  environment: string,
  { patient }: { readonly patient: boolean },
): Promise<RememberedEnvironment> => {
  const [ledger, pointer, target] = await Promise.all([
    ports.ledger.read(environmentId(model, environment)),
    documentOf<Pointer>(ports.store, `pointers/environments/${model}/${environment}.json`),
    observed(ports, model, environment, patient),
  ]);
  const running = target.kind === 'told' ? target.state.versions : [];
  const versions = await Promise.all(
    running.map(({ artifactDigest }) => versionOf(ports.store, model, artifactDigest)),
  );
  return {
    ledger,
    ...(pointer === undefined ? {} : { pointer }),
    target,
    versions: versions.filter((version) => version !== undefined),
  };
};

const observed = async (
  ports: MemoryPorts,
  model: string,
  environment: string,
  patient: boolean,
): Promise<EnvironmentMemory['target']> => {
  try {
    const state = await ports.target(environment).observe(model, environment);
    return state === undefined ? { kind: 'never' } : { kind: 'told', state };
  } catch (error) {
    if (!patient || !(error instanceof SlipwayError)) throw error;
    return { kind: 'silent', reason: error.message };
  }
};

interface Provenance {
  readonly predicate?: {
    readonly buildDefinition?: { readonly externalParameters?: { readonly commit?: unknown } };
    readonly runDetails?: { readonly metadata?: { readonly invocationId?: unknown } };
  };
}

/** Which release made an artifact, as its provenance says: whoever deployed it had the signature checked. */
const versionOf = async (
  store: MemoryPorts['store'],
  model: string,
  artifactDigest: Digest,
): Promise<Version | undefined> => {
  const hex = artifactDigest.slice('sha256:'.length);
  const envelope = await documentOf<{ payload?: string }>(store, `models/${model}/attestations/${hex}/provenance.json`);
  if (envelope?.payload === undefined) return undefined;
  const { predicate } = JSON.parse(Buffer.from(envelope.payload, 'base64').toString('utf8')) as Provenance;
  const commit = predicate?.buildDefinition?.externalParameters?.commit;
  const releaseId = predicate?.runDetails?.metadata?.invocationId;
  return typeof commit === 'string' && typeof releaseId === 'string'
    ? { artifactDigest, releaseId, commit }
    : undefined;
};
