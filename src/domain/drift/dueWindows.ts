import type { MonitoringSpec } from '../spec/types.js';
import type { DriftWindow } from './types.js';

/** How far an environment was measured, event time, epoch milliseconds. */
export interface Watermark {
  /** End of the last window whose inputs and predictions were measured. */
  readonly early: number;
  /** End of the last window that was measured with mature labels. */
  readonly complete: number;
}

export interface DueWindow {
  readonly window: DriftWindow;
  /** `early`: as soon as it has ended, without labels. `complete`: when its labels are mature, all of it. */
  readonly phase: 'early' | 'complete';
}

const DAY_MS = 86_400_000;

/**
 * The windows to measure now, in order of time, at most `most`. Windows follow each other without gap or overlap from
 * the day of the oldest row on. Each is due when it has ended, and again when its labels are mature; one whose labels
 * are mature already is measured once.
 *
 * @param watermark absent: nothing was measured yet
 * @param oldest event time of the oldest row
 * @param now the environment's clock
 */
export const dueWindows = (
  spec: Pick<MonitoringSpec, 'windowMs' | 'labelDelayMs'>,
  watermark: Watermark | undefined,
  oldest: number,
  now: number,
  most: number,
): readonly DueWindow[] => {
  const { windowMs, labelDelayMs } = spec;
  if (!(windowMs > 0) || !Number.isFinite(oldest) || !Number.isFinite(now)) return [];
  const grain = Math.min(DAY_MS, windowMs);
  const from = watermark?.complete ?? Math.floor(oldest / grain) * grain;
  const due: DueWindow[] = [];
  for (let start = from; start + windowMs <= now && due.length < most; start += windowMs) {
    const window = { start, end: start + windowMs };
    if (window.end + labelDelayMs <= now) due.push({ window, phase: 'complete' });
    else if (window.end > (watermark?.early ?? -Infinity)) due.push({ window, phase: 'early' });
  }
  return due;
};

/** The watermark after a window was measured; it never goes back. */
export const advanceWatermark = (watermark: Watermark | undefined, { window, phase }: DueWindow): Watermark => ({
  early: Math.max(watermark?.early ?? -Infinity, window.end),
  complete:
    phase === 'complete'
      ? Math.max(watermark?.complete ?? -Infinity, window.end)
      : (watermark?.complete ?? window.start),
});
