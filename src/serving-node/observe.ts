import type { Digest } from '../domain/artifact/types.js';
import { addTraffic } from '../domain/rollout/countersSince.js';
import { noTraffic } from '../domain/rollout/noTraffic.js';
import type { Fence, ObservedVersion, TargetVersion, TrafficCounters, VersionScale } from '../domain/rollout/types.js';
import { readCounters } from './readCounters.js';
import type { Running } from './running.js';

/** What a command wanted of a version, beside what its servers say now. */
export const observeVersion = async (one: Running | undefined, version: TargetVersion): Promise<ObservedVersion> => {
  const { artifactDigest, weight, role, copies } = version;
  const base = { artifactDigest, weight, role, ...(copies === undefined ? {} : { copies }) };
  const scale = one === undefined ? undefined : scaleOf(one);
  if (scale?.asleep === true)
    return { ...base, ready: true, servedDigest: artifactDigest, restarts: one!.totalRestarts, scale };
  const staying = one?.staying ?? [];
  const served = await Promise.all(staying.map(({ process }) => process.servedDigest()));
  // One that serves something else is the finding, however many serve the right thing.
  const servedDigest =
    served.find((digest) => digest !== undefined && digest !== artifactDigest) ?? served.find(Boolean);
  const statuses = staying.map(({ process }) => process.status());
  const ready = servedDigest === artifactDigest && statuses.some((status) => status.ready);
  const reason = statuses.find((status) => status.reason !== undefined)?.reason;
  return {
    ...base,
    ready,
    ...(servedDigest === undefined ? {} : { servedDigest }),
    restarts: one?.totalRestarts ?? 0,
    ...(reason === undefined ? {} : { reason }),
    ...(scale === undefined ? {} : { scale }),
  };
};

/** Nothing of a version that always has one process. */
const scaleOf = ({ asleep, staying, scaled, wanted }: Running): VersionScale | undefined => {
  if (asleep !== undefined) return { replicas: 0, asleep: true, reason: asleep };
  if (scaled === undefined) return undefined;
  return { replicas: staying.length, ...(wanted === undefined ? {} : { wanted }), reason: scaled };
};

/** The servers' own counters, and the requests that they took and never answered. */
export const measureVersion = async (
  one: Running | undefined,
  artifactDigest: Digest,
  fence: Fence,
): Promise<TrafficCounters> => {
  // Both in one moment: a replica that ends meanwhile is in one of the two.
  const { replicas, ended } = one ?? { replicas: [], ended: undefined };
  const told = await Promise.all(
    replicas.map(async (replica) => (await readCounters(replica, fence)) ?? replica.counted),
  );
  const { lost, ejections, restarts, droppedCopies } = one ?? { lost: 0, ejections: 0, restarts: 0, droppedCopies: 0 };
  const counters = [ended, ...told]
    .filter((counted) => counted !== undefined)
    .reduce(addTraffic, noTraffic(artifactDigest));
  return {
    ...counters,
    requests: counters.requests + lost,
    failures: counters.failures + lost,
    ...(ejections === 0 ? {} : { ejections }),
    ...(restarts === 0 ? {} : { restarts }),
    ...(droppedCopies === 0 ? {} : { droppedCopies }),
  };
};
