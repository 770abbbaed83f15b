import type { Digest } from '../src/domain/artifact/types.js';
import type { Unavailable } from '../src/domain/gate/types.js';
import { inferenceRequest } from '../src/domain/inference/request.js';
import { readSignature, readSmokeRows } from './artifactContents.js';
import { askServing, type ServingAnswer } from './askServing.js';
import type { Ports } from './ports.js';

export interface LatencyQuestion {
  readonly model: string;
  readonly environment: string;
  readonly artifactDigest: Digest;
}

/** The first requests warm the model up; the rest are enough for an upper bound of the 99th percentile. */
const WARM_UP = 20;
const REQUESTS = 400;

/**
 * Milliseconds of requests of one real row, one after the other, through the router of the environment, as its callers
 * see them. Unavailable where the environment serves another version, or does not answer; `target_redirects` where another
 * address would be measured.
 */
export const measureLatency = async (
  ports: Ports,
  { model, environment, artifactDigest }: LatencyQuestion,
  signal: AbortSignal,
): Promise<readonly number[] | Unavailable> => {
  const state = await ports.target(environment).observe(model, environment);
  const version = state?.versions.find((candidate) => candidate.artifactDigest === artifactDigest && candidate.ready);
  if (state === undefined || version === undefined || version.weight !== 100)
    return { unavailable: `${environment} does not serve this version alone: its latency cannot be measured` };
  const signature = await readSignature(ports.store, artifactDigest);
  const chunk = await readSmokeRows(ports.store, artifactDigest, REQUESTS);
  const rows = chunk.expected.length;
  if (rows === 0) return [];
  const url = `${state.inferenceUrl}/v2/models/${model}/infer`;
  const taken: number[] = [];
  for (let request = 0; request < WARM_UP + REQUESTS; request += 1) {
    const row = request % rows;
    const body = JSON.stringify(inferenceRequest(signature, chunk.columns, row, row + 1));
    const started = performance.now();
    const answer = await askServing(url, body, signal);
    const failure = failureOf(answer);
    if (failure !== undefined) return { unavailable: `a request that was timed failed: ${failure}` };
    if (request >= WARM_UP) taken.push(Math.round((performance.now() - started) * 1000) / 1000);
  }
  return taken;
};

const failureOf = (answer: ServingAnswer): string | undefined => {
  if (answer.kind === 'lost') return answer.reason;
  return answer.status >= 200 && answer.status < 300 ? undefined : `HTTP ${answer.status}`;
};
