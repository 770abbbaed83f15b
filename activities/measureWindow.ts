import { measureDrift, type DriftQuestion } from '../src/domain/drift/measureDrift.js';
import type { DriftReport } from '../src/domain/drift/types.js';
import { onThread } from './onThread.js';

/** Values above which a window is measured on a thread; below, the copy costs more than it saves. */
const THREAD_VALUES = 500_000;

/** Measures a window; a large one on a thread, so that heartbeats and other work go on. */
export const measureWindow = (
  question: DriftQuestion,
  signal: AbortSignal,
  threadValues: number = THREAD_VALUES,
): Promise<DriftReport> =>
  question.rows.rows * (question.features.length + 1) < threadValues
    ? Promise.resolve(measureDrift(question))
    : onThread(new URL('./driftThread.js', import.meta.url), question, signal);
