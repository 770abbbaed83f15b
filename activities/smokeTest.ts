import { setTimeout as delay } from 'node:timers/promises';
import type { Digest } from '../src/domain/artifact/types.js';
import type { Verdict } from '../src/domain/gate/types.js';
import { judgeSmoke, type SmokeAnswer } from '../src/domain/gate/judgeSmoke.js';
import { predictionPerRow } from '../src/domain/inference/predictions.js';
import { inferenceRequest } from '../src/domain/inference/request.js';
import type { TargetState } from '../src/domain/rollout/types.js';
import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import { cellNumber, type Cell } from '../src/domain/table/cell.js';
import { assertOwnStream } from './assertOwnStream.js';
import { readSignature, readSmokeRows } from './artifactContents.js';
import { askServing } from './askServing.js';
import { putJson } from './documents.js';
import { whileHeartbeating } from './heartbeat.js';
import { smokeDigest } from './judgedBy.js';
import type { Ports } from './ports.js';
import { recordStage } from './recordStage.js';

export interface SmokeTestInput {
  readonly releaseId: string;
  readonly model: string;
  readonly environment: string;
  readonly artifactDigest: Digest;
  /** Real held-out rows to send, at most what the artifact carries. */
  readonly rows: number;
}

export interface StageEvidence {
  readonly verdict: Verdict;
  readonly reason: string;
  readonly evidence: Digest;
}

const ROWS_PER_REQUEST = 50;
/** A model server that died is started again meanwhile; what is no answer until then says nothing of the model. */
const READY_WITHIN_MS = 30_000;
const POLL_MS = 250;

/**
 * A chunk of real rows through the model as it really runs: over HTTP, through the router of the environment.
 * The served digest is asked before and after, so that a deployment in between cannot lend its answers.
 */
export const createSmokeTest =
  (ports: Ports) =>
  (input: SmokeTestInput): Promise<StageEvidence> =>
    whileHeartbeating(async (signal) => {
      assertOwnStream(input.releaseId);
      const signature = await readSignature(ports.store, input.artifactDigest);
      const chunk = await readSmokeRows(ports.store, input.artifactDigest, input.rows);
      const before = await served(ports, input, signal);
      const answers: SmokeAnswer[] = [];
      for (let from = 0; from < chunk.expected.length; from += ROWS_PER_REQUEST) {
        const to = Math.min(from + ROWS_PER_REQUEST, chunk.expected.length);
        const body = inferenceRequest(signature, chunk.columns, from, to);
        answers.push(
          await ask(
            `${before.inferenceUrl}/v2/models/${input.model}/infer`,
            body,
            signature.prediction,
            to - from,
            signal,
          ),
        );
      }
      const after = await served(ports, input, signal);
      const judged = judgeSmoke({
        expectedDigest: input.artifactDigest,
        servedBefore: digestOf(before, input),
        servedAfter: digestOf(after, input),
        expected: chunk.expected,
        answers,
      });
      const evidence = await putJson(ports.store, {
        kind: 'smoke',
        environment: input.environment,
        artifactDigest: input.artifactDigest,
        servedDigest: { before: digestOf(before, input) ?? null, after: digestOf(after, input) ?? null },
        rows: chunk.expected.length,
        ...judged,
      });
      const found = { verdict: judged.verdict, reason: judged.reason, evidence };
      const { releaseId, environment, artifactDigest } = input;
      const judgedBy = smokeDigest(input.rows);
      await recordStage(ports, { releaseId, stage: 'verify', environment, artifactDigest, judgedBy, ...found });
      return found;
    });

/** What runs, once the version that is tested has come up, or has not in time. */
const served = async (ports: Ports, input: SmokeTestInput, signal: AbortSignal): Promise<TargetState> => {
  const { model, environment, artifactDigest } = input;
  for (const until = Date.now() + READY_WITHIN_MS; ;) {
    const state = await ports.target(environment).observe(model, environment);
    if (state === undefined) throw new SlipwayError('target_unreachable', `${environment} runs no version of ${model}`);
    const comesUp = state.versions.some((version) => version.artifactDigest === artifactDigest && !version.ready);
    if (!comesUp || Date.now() >= until) return state;
    await delay(POLL_MS, undefined, { signal });
  }
};

const digestOf = (state: TargetState, input: SmokeTestInput): Digest | undefined =>
  state.versions.find((version) => version.artifactDigest === input.artifactDigest && version.ready)?.servedDigest;

/** One request; what is wrong with an answer is evidence, and only where it comes from somewhere else it is none. */
const ask = async (
  url: string,
  body: unknown,
  output: string,
  rows: number,
  signal: AbortSignal,
): Promise<SmokeAnswer> => {
  const answer = await askServing(url, JSON.stringify(body), signal);
  if (answer.kind === 'lost') return { kind: 'failed', reason: answer.reason };
  const { status, text } = answer;
  if (status !== 200) return { kind: 'failed', reason: `HTTP ${status}: ${text.slice(0, 200)}` };
  try {
    const parsed = JSON.parse(text) as { outputs?: readonly { name?: unknown; data?: unknown }[] };
    const data = parsed.outputs?.find((tensor) => tensor.name === output)?.data;
    if (!Array.isArray(data)) return { kind: 'failed', reason: `the answer has no output ${output}` };
    const values = (data.flat() as readonly Cell[]).map(cellNumber);
    // Another number than there are rows is what the judge says of it.
    return { kind: 'answered', predictions: Array.from(predictionPerRow(values, rows) ?? values) };
  } catch (error) {
    return { kind: 'failed', reason: error instanceof Error ? error.message : String(error) };
  }
};
