import type { DeploymentEntry, Pointer } from '../src/domain/environment/types.js';
import { rolloutId } from '../workflows/messages.js';
import { assertRecordable } from './deploymentAuthority.js';
import { encodeJson } from './documents.js';
import type { Ports } from './ports.js';
import { signLedger } from './recordStage.js';

export interface RecordDeploymentInput {
  readonly model: string;
  readonly environment: string;
  /** Stream of the ledger: the environment's workflow ID. */
  readonly stream: string;
  readonly entry: DeploymentEntry;
  /** Who serves now; absent when nothing does. */
  readonly pointer?: Pointer;
}

/**
 * Writes what was deployed to the ledger, then the pointer that readers look at. Done before anybody is told. An end that
 * somebody only claimed is not written, and the arbiter keeps the champion that it had.
 */
export const createRecordDeployment =
  (ports: Ports) =>
  async ({ model, environment, stream, entry, pointer }: RecordDeploymentInput): Promise<void> => {
    await assertRecordable(ports, {
      model,
      environment,
      epoch: entry.epoch,
      ...(entry.outcome === 'deployed' ? { deployed: entry.version } : {}),
    });
    await ports.ledger.append(stream, `${entry.epoch}`, `deployment.${entry.outcome}`, entry.endedAt, { ...entry });
    ports.failpoint('recordDeployment.recorded');
    await signLedger(ports, [stream, rolloutId(model, environment, entry.epoch)]);
    if (pointer !== undefined) {
      await ports.store.putDocument(
        `pointers/environments/${model}/${environment}.json`,
        encodeJson(pointer),
        'application/json',
      );
      ports.failpoint('recordDeployment.pointed');
    }
  };
