import type { Verdict } from '../gate/types.js';
import type { StepAnalysis } from './types.js';

type Measurement = StepAnalysis['measurements'][number];

const WORST_FIRST: readonly Verdict[] = ['fail', 'error', 'inconclusive', 'insufficient_data', 'pass'];

/**
 * What the target counted, and what others measured of the same interval besides: a step is as good as the worst of
 * both. Measured harm goes before what could not be measured; nothing that is added makes a verdict better.
 *
 * @param shown measurements that people see, and that decide nothing
 */
export const addMeasurements = (
  analysis: StepAnalysis,
  added: readonly Measurement[],
  shown: readonly Measurement[] = [],
): StepAnalysis => {
  const measurements = [...analysis.measurements, ...added, ...shown];
  if (added.length === 0) return shown.length === 0 ? analysis : { ...analysis, measurements };
  const worst = worstOf([analysis.verdict, ...added.map(({ verdict }) => verdict)]);
  const ofAdded = added.filter(({ verdict }) => verdict === worst).map(describe);
  const reason =
    worst === 'pass'
      ? `${analysis.reason}, and ${added.length} of its own metrics`
      : [...(analysis.verdict === worst ? [analysis.reason] : []), ...ofAdded].join('; ');
  return { ...analysis, verdict: worst, reason, measurements };
};

/** An empty list is no evidence. */
export const worstOf = (verdicts: readonly Verdict[]): Verdict =>
  WORST_FIRST.find((verdict) => verdicts.includes(verdict)) ?? 'insufficient_data';

const describe = ({ name, value, limit, verdict, reason }: Measurement): string =>
  reason === undefined
    ? `${name} is ${round(value)}, ${verdict === 'fail' ? 'beyond' : 'beyond, but within its margin of,'} its limit of ${round(limit)}`
    : `${name}: ${reason}`;

const round = (value: number): number => Number(value.toPrecision(3));
