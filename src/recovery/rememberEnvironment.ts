import { ranLast } from '../domain/environment/deploymentAuthority.js';
import type { EnvironmentMemory } from '../domain/environment/recoverState.js';
import { pointerKey } from '../domain/environment/pointerKey.js';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import type { Attestations } from '../ports/attestations.js';
import type { DeployTarget } from '../ports/deployTarget.js';
import type { Ledger, LedgerEntry } from '../ports/ledger.js';
import { environmentId } from '../../workflows/messages.js';
import { attestedVersion } from './attestedVersion.js';
import { documentOf } from './documents.js';
import type { AttestationDocuments } from './releaseAttestations.js';

/** Where an environment is remembered. */
export interface MemoryPorts {
  readonly store: AttestationDocuments;
  readonly ledger: Pick<Ledger, 'read'>;
  readonly attestations: Attestations;
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
    documentOf<NonNullable<EnvironmentMemory['pointer']>>(ports.store, pointerKey(model, environment)),
    observed(ports, model, environment, patient),
  ]);
  const running = target.kind === 'told' ? target.state.versions : [];
  // What the ledger has as deployed last needs no other witness, and no keys to believe one.
  const strangers = running.filter(({ artifactDigest }) => artifactDigest !== ranLast(ledger));
  const versions = await Promise.all(
    strangers.map(({ artifactDigest }) => attestedVersion(ports, model, artifactDigest)),
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
