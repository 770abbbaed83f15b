import type { TargetCommand, TargetVersion } from '../../domain/rollout/types.js';
import { podLabels, type Autoscale, type Deployment } from './manifests.js';
import { versionName } from './names.js';
import type { KubernetesObject } from './objects.js';

export interface Autoscaler extends KubernetesObject {
  readonly spec?: object;
}

/** One that comes with load is slow to go: a gap of seconds is no reason to load a model again. */
const CALM_S = 300;

/** Owned by its Deployment: the garbage collector of Kubernetes removes both, and we need no right to. */
export const autoscalerOf = (
  { min, max, cpu }: Autoscale,
  command: TargetCommand,
  version: TargetVersion,
  { metadata: { namespace, uid } }: Deployment,
): Autoscaler => {
  const name = versionName(command.model, command.environment, version);
  const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', name };
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      labels: podLabels(command, version),
      ...(uid === undefined ? {} : { ownerReferences: [{ ...deployment, uid }] }),
    },
    spec: {
      ...{ scaleTargetRef: deployment, minReplicas: min, maxReplicas: max },
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: cpu } } },
      ],
      behavior: { scaleDown: { stabilizationWindowSeconds: CALM_S } },
    },
  };
};
