/** Where a worker stands among the builds of Temporal's Worker Versioning, and which workflow code that asks for. */
import { join } from 'node:path';
import type { WorkerOptions } from '@temporalio/worker';

/** What a worker reports to the server; absent: it is in no deployment, and takes tasks of its queues from whoever. */
export interface WorkerVersion {
  readonly deploymentName: string;
  readonly buildId: string;
}

/** The two are one choice: code that names a behaviour is refused by the server outside a deployment. */
export const bundleFor = (folder: string, version: WorkerVersion | undefined): string =>
  join(folder, version === undefined ? 'workflow-bundle.js' : 'workflow-bundle-versioned.js');

/** What does not say otherwise moves to the current build: an approval may wait 45 days, an arbiter lives for years. */
export const deploymentOf = (version: WorkerVersion | undefined): Pick<WorkerOptions, 'workerDeploymentOptions'> =>
  version === undefined
    ? {}
    : {
        workerDeploymentOptions: { version, useWorkerVersioning: true, defaultVersioningBehavior: 'AUTO_UPGRADE' },
      };
