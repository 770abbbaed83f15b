import { createHash } from 'node:crypto';
import type { TargetCommand, TargetVersion } from '../../../domain/rollout/types.js';
import {
  confined,
  FETCH,
  FETCH_HOME,
  fetchArguments,
  podLabels,
  PORT,
  resourcesOf,
  SERVE,
  serverVariables,
  VOLUMES,
  type PodSettings,
} from '../manifests.js';
import { ANNOTATIONS, labelsOf, routeName } from '../names.js';
import type { InferenceService } from './types.js';

type Predictor = InferenceService['spec']['predictor'];

/**
 * One container that fetches and then serves: Knative has Pods with others start only where an administrator said so. No
 * drain of ours: its proxy ends with the last request.
 */
export const predictorOf = (settings: PodSettings, command: TargetCommand, version: TargetVersion): Predictor => {
  const pod = {
    containers: [
      {
        ...confined(settings),
        // The name by which KServe knows whose port and health count.
        name: 'kserve-container',
        command: ['/bin/sh', '-c', `${FETCH} && exec ${SERVE}`],
        args: fetchArguments(version),
        env: [FETCH_HOME, ...serverVariables(settings, command, version)],
        ports: [{ name: 'http1', containerPort: PORT, protocol: 'TCP' }],
        readinessProbe: { httpGet: { path: '/v2/health/ready', port: PORT }, periodSeconds: 2 },
        livenessProbe: { httpGet: { path: '/v2/health/live', port: PORT }, periodSeconds: 10, timeoutSeconds: 5 },
        resources: resourcesOf(settings),
      },
    ],
    volumes: VOLUMES,
    ...(settings.replicas === undefined ? {} : { minReplicas: settings.replicas }),
  };
  return {
    ...pod,
    labels: podLabels(command, version),
    annotations: {
      [ANNOTATIONS.artifact]: version.artifactDigest,
      [ANNOTATIONS.release]: version.releaseId,
      [ANNOTATIONS.commit]: version.commit,
      // Another image or limit is another revision of the same artifact.
      [ANNOTATIONS.template]: createHash('sha256').update(JSON.stringify(pod)).digest('hex').slice(0, 16),
    },
  };
};

export const nameOf = ({ model, environment }: Pick<TargetCommand, 'model' | 'environment'>): string =>
  routeName(model, environment);

/** Which revisions are whose is decided by KServe's mode with revisions; 0.16 calls it `Knative`, and knows the older word. */
const MODE = { 'serving.kserve.io/deploymentMode': 'Serverless' };
const STOP = 'serving.kserve.io/stop';

/** KServe ends what runs, and keeps the object: the memory of the fence. */
export const isStopped = ({ metadata }: InferenceService): boolean => metadata.annotations?.[STOP] === 'true';

export const serviceWith = (
  settings: PodSettings,
  command: TargetCommand,
  annotations: Readonly<Record<string, string>>,
  predictor: Predictor,
  { stopped, resourceVersion }: { readonly stopped: boolean; readonly resourceVersion: string | undefined },
): InferenceService => ({
  apiVersion: 'serving.kserve.io/v1beta1',
  kind: 'InferenceService',
  metadata: {
    name: nameOf(command),
    namespace: settings.namespace,
    labels: labelsOf(command.model, command.environment),
    annotations: { ...MODE, ...(stopped ? { [STOP]: 'true' } : {}), ...annotations },
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  },
  spec: { predictor },
});
