import { setTimeout as delay } from 'node:timers/promises';
import { addMeasurements } from '../src/domain/rollout/addMeasurements.js';
import { analyseStep } from '../src/domain/rollout/analyseStep.js';
import { unready, WATCHED, whyUnready, type Watched } from '../src/domain/rollout/watch.js';
import type { LedgerEntry } from '../src/ports/ledger.js';
import { rolloutId } from '../workflows/messages.js';
import { assertOwnStream } from './assertOwnStream.js';
import { digestOf } from '../src/contract/canonicalDigest.js';
import { whileHeartbeating } from './heartbeat.js';
import { readChain } from './onRecord.js';
import type { Ports } from './ports.js';
import { aboutLook, recordLook } from './recordLook.js';
import { assertSince, questionOf, type JudgedStep } from './stepQuestion.js';

export interface WatchStepInput extends JudgedStep {
  /** A server that is not ready has so long to come up again, as one that is new. */
  readonly readyWithinMs: number;
}

const POLL_MS = 2_000;

/**
 * Is a candidate at fault already, by what the target counted so far, or because nothing of it serves? By the same rules and of
 * the same budget as a look at its step, and nobody else is asked anything. It writes down that somebody looked since
 * this command, once, and what is at fault like any look; that all is well it only says.
 */
export const createWatchStep =
  (ports: Ports) =>
  ({ readyWithinMs, ...judged }: WatchStepInput): Promise<Watched> =>
    whileHeartbeating(async (signal) => {
      const stream = rolloutId(judged.model, judged.environment, judged.fence.epoch);
      assertOwnStream(stream);
      const entries = await readChain(ports, stream);
      await recordWatch(ports, judged, entries);
      const target = ports.target(judged.environment);
      const since = Date.now();
      for (;;) {
        const measured = await target.measure(judged.model, judged.environment);
        assertSince(measured.since, judged);
        const question = await questionOf(ports, judged, measured, entries);
        const counted = analyseStep(question);
        const why = whyUnready(await target.observe(judged.model, judged.environment), judged);
        const left = since + readyWithinMs - Date.now();
        const down = why === undefined || left > 0 ? [] : [unready(why, readyWithinMs)];
        const analysis = addMeasurements(counted, down);
        if (analysis.verdict === 'fail') {
          await recordLook(ports, judged, { visit: question.visit, measured, analysis });
          return { kind: 'failed', reason: analysis.reason, analysis };
        }
        if (why === undefined) return { kind: 'sound', reason: analysis.reason };
        await delay(Math.min(left, target.lookEveryMs ?? POLL_MS), undefined, { signal });
      }
    });

/** Somebody looked since this command: where its phase is gone through anew, that is one time more. */
const recordWatch = async (ports: Ports, judged: JudgedStep, entries: readonly LedgerEntry[]): Promise<void> => {
  const body = await aboutLook(ports, judged);
  const id = digestOf(body);
  if (entries.some((entry) => entry.kind === WATCHED && digestOf(entry.body) === id)) return;
  const { model, environment, fence } = judged;
  await ports.ledger.append(rolloutId(model, environment, fence.epoch), `watched/${id}`, WATCHED, Date.now(), body);
};
