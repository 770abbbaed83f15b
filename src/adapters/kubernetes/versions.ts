import type { Digest } from '../../domain/artifact/types.js';
import { clip } from '../../domain/clip.js';
import { printable } from '../../domain/printable.js';
import type { ReplicaCounters } from '../../domain/rollout/countersSince.js';
import { noTraffic } from '../../domain/rollout/noTraffic.js';
import { readCounted } from '../../domain/rollout/readTraffic.js';
import { isDigest } from '../../domain/rollout/told.js';
import type { ObservedVersion, TargetCommand, TargetVersion, TrafficCounters } from '../../domain/rollout/types.js';
import { podLabels, type Deployment } from './manifests.js';
import type { KubernetesObject, Objects } from './objects.js';

export interface Pod extends KubernetesObject {
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly containerStatuses?: readonly ContainerStatus[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
  };
}

interface ContainerStatus {
  readonly name: string;
  readonly restartCount?: number;
  readonly state?: ContainerState;
  readonly lastState?: ContainerState;
}

interface ContainerState {
  readonly waiting?: { readonly reason?: string; readonly message?: string };
  readonly terminated?: { readonly reason?: string; readonly message?: string };
}

/** Names of the model server's container: in a Pod of our own, and of KServe. */
const SERVERS: ReadonlySet<string> = new Set(['model-server', 'kserve-container']);
const ASK_MS = 3_000;
/** Containers, controllers and Pods say why: that becomes part of ledgers and messages, and is shown to people. */
const MAX_REASON = 1_000;

/**
 * A version as it runs: ready where whoever brings its Pods up has nothing to say against it, and every Pod of it that answers
 * requests says that it serves this artifact.
 */
export const observeVersion = async (
  pods: Objects<Pod>,
  command: TargetCommand,
  version: TargetVersion,
  whyUnready: (pods: readonly Pod[]) => string | undefined,
): Promise<ObservedVersion> => {
  const { artifactDigest, weight, role, copies } = version;
  const found = await pods.list(podLabels(command, version));
  const served = await Promise.all(found.filter(isReady).map((pod) => servedBy(pods, pod, command.model)));
  // One that serves something else is the finding, however many serve the right thing.
  const servedDigest = served.find((one) => one !== undefined && one !== artifactDigest) ?? served.find(Boolean);
  const unready = whyUnready(found) ?? whyNotConfirmed(artifactDigest, served);
  return {
    ...{ artifactDigest, weight, role },
    ...(copies === undefined ? {} : { copies }),
    ready: unready === undefined,
    ...(servedDigest === undefined ? {} : { servedDigest }),
    restarts: found.reduce((sum, pod) => sum + restartsOf(pod), 0),
    ...(unready === undefined ? {} : { reason: clip(printable(unready), MAX_REASON) }),
  };
};

/**
 * Counters of every Pod of a version that answers requests. A container that was started again counts as another one; how often
 * that was is counted of every Pod, also of one that answers nothing because of it.
 */
export const readCounters = async (
  pods: Objects<Pod>,
  command: TargetCommand,
  version: TargetVersion,
): Promise<ReplicaCounters> => {
  const found = await pods.list(podLabels(command, version));
  const restarted = found.filter((pod) => restartsOf(pod) > 0);
  return Object.fromEntries([
    ...restarted.map((pod) => [pod.metadata.uid, restartsOnly(version.artifactDigest, restartsOf(pod))] as const),
    ...(await Promise.all(
      found.filter(isReady).map(async (pod) => {
        const answer = await pods.asked(pod.metadata.name, '/slipway/traffic', ASK_MS);
        const counters = readCounted((answer as { readonly counters?: unknown } | null | undefined)?.counters) ?? null;
        return [`${pod.metadata.uid}/${restartsOf(pod)}`, counters] as const;
      }),
    )),
  ]);
};

const restartsOnly = (digest: Digest, restarts: number): TrafficCounters => ({ ...noTraffic(digest), restarts });

const servedBy = async (pods: Objects<Pod>, pod: Pod, model: string): Promise<Digest | undefined> => {
  const answer = await pods.asked(pod.metadata.name, `/v2/models/${model}`, ASK_MS);
  const digest = (answer as { readonly parameters?: { readonly artifact_digest?: unknown } | null } | null | undefined)
    ?.parameters?.artifact_digest;
  return isDigest(digest) ? digest : undefined;
};

const isReady = ({ metadata, status }: Pod): boolean =>
  metadata.deletionTimestamp === undefined &&
  (status?.conditions ?? []).some((condition) => condition.type === 'Ready' && condition.status === 'True');

/** Of the model server alone: what else a cluster puts into a Pod is nobody's version. */
const restartsOf = ({ status }: Pod): number => {
  const { restartCount = 0 } = status?.containerStatuses?.find(({ name }) => SERVERS.has(name)) ?? {};
  return restartCount;
};

/** Its Deployment has not been rolled out as it stands. */
export const whyNotRolledOut = (deployment: Deployment | undefined, pods: readonly Pod[]): string | undefined => {
  if (deployment === undefined) return 'it has no Deployment';
  const { metadata, spec, status = {} } = deployment;
  const wanted = spec?.replicas ?? 1;
  if ((status.observedGeneration ?? 0) < (metadata.generation ?? 1)) return 'Kubernetes has not looked at it yet';
  const { updatedReplicas = 0, availableReplicas = 0 } = status;
  if (wanted > 0 && updatedReplicas >= wanted && availableReplicas >= wanted) return undefined;
  return `${Math.min(updatedReplicas, availableReplicas)} of ${wanted} Pods are available${lastWords(pods)}`;
};

/** Why the last container ended that did, as it said itself. */
export const lastWords = (pods: readonly Pod[]): string => {
  const states = pods.flatMap(({ status }) =>
    [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])].flatMap(({ state, lastState }) => [
      state?.terminated?.message,
      lastState?.terminated?.message,
      state?.waiting?.message,
      state?.waiting?.reason,
    ]),
  );
  const words = states.find((one) => one !== undefined && one.trim() !== '');
  return words === undefined ? '' : `: ${words.trim().split('\n').at(-1)}`;
};

const whyNotConfirmed = (expected: Digest, served: readonly (Digest | undefined)[]): string | undefined => {
  const other = served.find((one) => one !== undefined && one !== expected);
  if (other !== undefined) return `a Pod serves ${other}`;
  return served.length > 0 && !served.includes(undefined) ? undefined : 'not every Pod says what it serves';
};
