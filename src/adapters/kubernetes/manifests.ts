import type { TargetCommand, TargetVersion } from '../../domain/rollout/types.js';
import { ANNOTATIONS, hexOf, LABELS, labelsOf, versionName } from './names.js';
import type { KubernetesObject } from './objects.js';

/** Between how many Pods of each version Kubernetes chooses, by the load of their processors. */
export interface Autoscale {
  readonly min: number;
  readonly max: number;
  /** Percent of what a Pod asked for (`resources.cpu`), on average. */
  readonly cpu: number;
}

export interface PodSettings {
  readonly namespace: string;
  /** Of Slipway itself: it fetches the artifact, and serves it. */
  readonly image: string;
  /** Undefined: somebody else decides, such as a HorizontalPodAutoscaler. */
  readonly replicas?: number;
  /** A HorizontalPodAutoscaler of ours, for each version; `replicas` is absent then. */
  readonly autoscale?: Autoscale;
  /** Secret with SLIPWAY_STORE_ENDPOINT, …_ACCESS_KEY, …_SECRET_KEY and …_BUCKET, as Pods reach the store. */
  readonly storeSecret: string;
  readonly resources: { readonly cpu: string; readonly memory: string };
  /** What each model server may take, as the operator's file says it. */
  readonly limits: Readonly<Record<string, unknown>>;
}

export interface Deployment extends KubernetesObject {
  readonly spec?: { readonly replicas?: number; readonly template?: object; readonly selector?: object };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly updatedReplicas?: number;
    readonly availableReplicas?: number;
  };
}

export interface Service extends KubernetesObject {
  readonly spec?: object;
}

export const PORT = 8080;
const FOLDER = '/artifact';
/** A proxy that has not heard of the change yet still sends requests. */
const DRAIN_S = 15;
const GRACE_S = 60;

const CONFINED = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
};

/** Labels of the Pods of one version, which its Service finds them by. */
export const podLabels = (command: TargetCommand, version: TargetVersion): Readonly<Record<string, string>> => ({
  ...labelsOf(command.model, command.environment),
  [LABELS.version]: versionName(command.model, command.environment, version),
});

export const deploymentOf = (settings: PodSettings, command: TargetCommand, version: TargetVersion): Deployment => {
  const labels = podLabels(command, version);
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      ...ownedBy(settings, command, version),
      annotations: {
        ...fenceOf(command),
        [ANNOTATIONS.artifact]: version.artifactDigest,
        [ANNOTATIONS.release]: version.releaseId,
        [ANNOTATIONS.commit]: version.commit,
      },
    },
    spec: {
      ...(settings.replicas === undefined ? {} : { replicas: settings.replicas }),
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: podOf(settings, command, version) },
    },
  };
};

export const serviceOf = (settings: PodSettings, command: TargetCommand, version: TargetVersion): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { ...ownedBy(settings, command, version), annotations: fenceOf(command) },
  spec: {
    selector: podLabels(command, version),
    ports: [{ name: 'http', port: PORT, targetPort: 'http', appProtocol: 'http' }],
  },
});

const ownedBy = ({ namespace }: PodSettings, command: TargetCommand, version: TargetVersion) => ({
  name: versionName(command.model, command.environment, version),
  namespace,
  labels: podLabels(command, version),
});

/** Every command leaves its mark on what it names: who wanted to remove the object as it was before finds another one. */
const fenceOf = ({ fence }: TargetCommand) => ({ [ANNOTATIONS.fence]: `${fence.epoch}.${fence.seq}` });

const MOUNTS = [
  { name: 'artifact', mountPath: FOLDER },
  { name: 'tmp', mountPath: '/tmp' },
];

export const VOLUMES = [
  { name: 'artifact', emptyDir: {} },
  { name: 'tmp', emptyDir: {} },
];

/** It may run again, over what it had half written. Its arguments are the digest and the folder. */
export const FETCH = `rm -rf ${FOLDER}/files && node bin/slipway.mjs artifact pull "$0" "$1"`;

export const SERVE = 'node dist/src/model-server.js';

export const fetchArguments = ({ artifactDigest }: TargetVersion) => [hexOf(artifactDigest), `${FOLDER}/files`];

export const FETCH_HOME = { name: 'SLIPWAY_HOME', value: `${FOLDER}/home` };

/** What every container of ours has, whoever brings it up. */
export const confined = (settings: PodSettings) => ({
  image: settings.image,
  envFrom: [{ secretRef: { name: settings.storeSecret } }],
  volumeMounts: MOUNTS,
  securityContext: CONFINED,
  // The last line of one that cannot load its model is the reason that we show.
  terminationMessagePolicy: 'FallbackToLogsOnError',
});

export const serverVariables = (
  settings: PodSettings,
  { model, environment }: TargetCommand,
  version: TargetVersion,
) => [
  { name: 'SLIPWAY_MODEL', value: model },
  { name: 'SLIPWAY_ENVIRONMENT', value: environment },
  { name: 'SLIPWAY_ARTIFACT', value: `${FOLDER}/files` },
  { name: 'SLIPWAY_HOST', value: '0.0.0.0' },
  { name: 'SLIPWAY_PORT', value: String(PORT) },
  { name: 'SLIPWAY_ROUTE', value: version.role === 'shadow' ? 'shadow' : 'champion' },
  { name: 'SLIPWAY_SERVING_LIMITS', value: JSON.stringify(settings.limits) },
];

export const resourcesOf = ({ resources }: PodSettings) => ({
  requests: resources,
  limits: { memory: resources.memory },
});

const podOf = (settings: PodSettings, command: TargetCommand, version: TargetVersion) => ({
  automountServiceAccountToken: false,
  enableServiceLinks: false,
  terminationGracePeriodSeconds: GRACE_S,
  securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
  initContainers: [
    {
      ...confined(settings),
      name: 'artifact',
      command: ['/bin/sh', '-c', FETCH],
      args: fetchArguments(version),
      env: [FETCH_HOME],
    },
  ],
  containers: [
    {
      ...confined(settings),
      name: 'model-server',
      command: SERVE.split(' '),
      env: serverVariables(settings, command, version),
      ports: [{ name: 'http', containerPort: PORT, protocol: 'TCP' }],
      readinessProbe: { httpGet: { path: '/v2/health/ready', port: 'http' }, periodSeconds: 2 },
      livenessProbe: { httpGet: { path: '/v2/health/live', port: 'http' }, periodSeconds: 10, timeoutSeconds: 5 },
      lifecycle: { preStop: { sleep: { seconds: DRAIN_S } } },
      resources: resourcesOf(settings),
    },
  ],
  volumes: VOLUMES,
});
