import type { Fence, TrafficCounters } from '../domain/rollout/types.js';
import { exchangeJson } from '../transport/exchange.js';
import type { Replica } from './replica.js';

const COUNTERS_MS = 2_000;

/** What a server counted since this command; undefined where it does not say, or counts since another one. */
export const readCounters = async (
  { process }: Pick<Replica, 'process'>,
  fence: Fence,
): Promise<TrafficCounters | undefined> => {
  const { socket } = process.status();
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
