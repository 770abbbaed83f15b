import type { Version } from '../src/domain/artifact/types.js';
import type { DeploymentEntry } from '../src/domain/environment/types.js';
import type { Ports } from './ports.js';

export interface RecoverEnvironmentInput {
  readonly model: string;
  readonly environment: string;
  readonly stream: string;
}

export interface RecoveredEnvironment {
  /** Highest epoch that the ledger or the target knows; the next passage is one above. */
  readonly epoch: number;
  readonly champion?: Version;
  readonly previous?: Version;
}

/** What an arbiter that starts anew must know: after a loss of the engine the ledger and the target still remember. */
export const createRecoverEnvironment =
  (ports: Ports) =>
  async ({ model, environment, stream }: RecoverEnvironmentInput): Promise<RecoveredEnvironment> => {
    const entries = (await ports.ledger.read(stream)).map((entry) => entry.body as unknown as DeploymentEntry);
    const observed = await ports.target(environment).observe(model, environment);
    const deployed = entries.filter((entry) => entry.outcome === 'deployed').map((entry) => entry.version);
    const champion = deployed.at(-1);
    const previous = deployed.filter((version) => version.artifactDigest !== champion?.artifactDigest).at(-1);
    return {
      epoch: Math.max(0, observed?.fence.epoch ?? 0, ...entries.map((entry) => entry.epoch)),
      ...(champion === undefined ? {} : { champion }),
      ...(previous === undefined ? {} : { previous }),
    };
  };
