import { judgeGates, type GateJudgement, type GateQuestion } from '../src/domain/gate/judgeGates.js';
import { onThread } from './onThread.js';

/** Rows above which gates are judged on a thread; below, starting one costs more than it saves. */
const THREAD_ROWS = 2_000;

/** Judges gates; of many rows on a thread, so that heartbeats and other work go on. */
export const judgeOnThread = async (
  question: GateQuestion,
  signal: AbortSignal,
  threadRows: number = THREAD_ROWS,
): Promise<GateJudgement> =>
  question.sample.labels.length < threadRows
    ? judgeGates(question)
    : onThread(new URL('./gateThread.js', import.meta.url), question, signal);
