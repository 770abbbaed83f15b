/** Worker Versioning of Temporal: a worker is told which build of which deployment it is, by whoever starts it. */
import { SlipwayError } from '../domain/errors/slipwayError.js';
import type { Variables } from './variables.js';

export interface WorkerVersion {
  readonly deploymentName: string;
  readonly buildId: string;
}

/** Half of a version is a mistake: such a worker would take tasks that are meant for another build. */
export const workerVersionOf = ({
  TEMPORAL_DEPLOYMENT_NAME: deploymentName,
  TEMPORAL_WORKER_BUILD_ID: buildId,
}: Variables): { readonly version?: WorkerVersion } => {
  if (deploymentName === undefined && buildId === undefined) return {};
  if (deploymentName === undefined || buildId === undefined)
    throw new SlipwayError(
      'config_invalid',
      'a worker version is TEMPORAL_DEPLOYMENT_NAME and TEMPORAL_WORKER_BUILD_ID together, or none of them',
    );
  return { version: { deploymentName, buildId } };
};
