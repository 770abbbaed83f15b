import { isJudged } from '../drift/isJudged.js';
import type { FeatureDrift } from '../drift/types.js';
import { histogramChart } from './histogramChart.js';
import { number, table, verdictMark, type Cell } from './html.js';

/** Columns beside their reference: how far apart, how far chance reaches, and what both look like. */
export const driftTable = (columns: readonly FeatureDrift[]): string =>
  table(
    'Jensen-Shannon distance, base 2, of reference (outline) and current (bars), with its interval; an alarm needs the whole interval above the tolerance',
    ['Column', 'Verdict', 'Distance', 'Tolerance', 'p', 'PSI', 'Reference and current', 'Why'],
    columns.map(driftRow),
  );

const driftRow = (drift: FeatureDrift): readonly Cell[] => {
  const judged = (value: string): string => (isJudged(drift) ? value : '–');
  const [low, high] = drift.interval;
  return [
    drift.feature,
    verdictMark(drift.verdict),
    judged(`${number(drift.distance)} (${number(low)} to ${number(high)})`),
    number(drift.tolerance),
    judged(number(drift.pValue)),
    judged(number(drift.psi)),
    histogramChart({
      name: drift.feature,
      reference: drift.reference,
      current: drift.current,
      labels: drift.labels,
    }),
    drift.reason,
  ];
};
