import type { PairedBlock } from '../gate/types.js';
import { ROW_LOSSES } from '../statistics/rowLosses.js';
import { rowsByBlock } from './blocks.js';
import type { DriftWindow } from './types.js';
import type { WindowRows } from './windowRows.js';

/**
 * Losses of a window's labelled rows, summed by block, beside those of another: of a model that loses `other` on
 * every row, or whose predictions of the same rows are given.
 */
export const pairedByBlock = (
  metric: 'brier' | 'log_loss',
  window: DriftWindow,
  { eventTime, prediction, label }: Pick<WindowRows, 'eventTime' | 'prediction' | 'label'>,
  other: number | readonly number[],
): readonly PairedBlock[] => {
  const loss = ROW_LOSSES[metric];
  const theirs = (row: number, truth: number): number =>
    typeof other === 'number' ? other : loss(other[row] ?? Number.NaN, truth);
  return rowsByBlock(window, eventTime).flatMap(({ start, rows }) => {
    const block = { start, rows: 0, candidate: 0, champion: 0 };
    for (const row of rows) {
      const truth = label[row];
      if (truth !== 0 && truth !== 1) continue;
      block.rows += 1;
      block.candidate += loss(prediction[row] ?? Number.NaN, truth);
      block.champion += theirs(row, truth);
    }
    return block.rows === 0 ? [] : [block];
  });
};
