import type { DriftWindow } from './types.js';

const DAY_MS = 86_400_000;

/**
 * Length of the blocks that rows depend on each other within, milliseconds: days (UTC), where a window has five or
 * more, else a tenth of the window.
 */
export const blockLength = ({ start, end }: DriftWindow): number =>
  end - start >= 5 * DAY_MS ? DAY_MS : Math.max(1, (end - start) / 10);

/** Rows by block, each block's row numbers; ascending by time, empty blocks left out. */
export const rowsByBlock = (
  window: DriftWindow,
  eventTime: readonly number[],
): readonly { readonly start: number; readonly rows: readonly number[] }[] => {
  const length = blockLength(window);
  const blocks = new Map<number, number[]>();
  for (const [row, time] of eventTime.entries()) {
    const start = Math.floor(time / length) * length;
    const block = blocks.get(start);
    if (block === undefined) blocks.set(start, [row]);
    else block.push(row);
  }
  return [...blocks.entries()].sort(([a], [b]) => a - b).map(([start, rows]) => ({ start, rows }));
};
