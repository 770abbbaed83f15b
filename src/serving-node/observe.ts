import type { Digest } from '../domain/artifact/types.js';
import { noTraffic } from '../domain/rollout/noTraffic.js';
import type { Fence, ObservedVersion, TargetVersion, TrafficCounters } from '../domain/rollout/types.js';
import { exchangeJson } from '../transport/exchange.js';
import type { Running } from './running.js';

const COUNTERS_MS = 2_000;

/** What a command wanted of a version, beside what its server says now. */
export const observeVersion = async (one: Running | undefined, version: TargetVersion): Promise<ObservedVersion> => {
  const { artifactDigest, weight, role, copies } = version;
  const servedDigest = await one?.process.servedDigest();
  const status = one?.process.status();
  return {
    artifactDigest,
    weight,
    role,
    ...(copies === undefined ? {} : { copies }),
    ready: status?.ready === true && servedDigest === artifactDigest,
    ...(servedDigest === undefined ? {} : { servedDigest }),
    restarts: status?.restarts ?? 0,
    ...(status?.reason === undefined ? {} : { reason: status.reason }),
  };
};

/** The server's own counters, and the requests that it took and never answered. */
export const measureVersion = async (
  one: Running | undefined,
  artifactDigest: Digest,
  fence: Fence,
): Promise<TrafficCounters> => {
  const own = await readCounters(one, fence);
  const { lost, ejections, restarts, droppedCopies } = one ?? { lost: 0, ejections: 0, restarts: 0, droppedCopies: 0 };
  const counters = own ?? noTraffic(artifactDigest);
  return {
    ...counters,
    requests: counters.requests + lost,
    failures: counters.failures + lost,
    ...(ejections === 0 ? {} : { ejections }),
    ...(restarts === 0 ? {} : { restarts }),
    ...(droppedCopies === 0 ? {} : { droppedCopies }),
  };
};

const readCounters = async (one: Running | undefined, fence: Fence): Promise<TrafficCounters | undefined> => {
  const socket = one?.process.status().socket;
  if (socket === undefined) return undefined;
  try {
    const { status, body } = await exchangeJson(
      { socketPath: socket },
      { path: '/slipway/traffic', timeoutMs: COUNTERS_MS },
    );
    const { since, counters } = body as { since: Fence | null; counters: TrafficCounters };
    return status === 200 && since?.epoch === fence.epoch && since.seq === fence.seq ? counters : undefined;
  } catch {
    return undefined;
  }
};
