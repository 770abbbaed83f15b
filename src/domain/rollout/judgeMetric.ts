import type { Verdict } from '../gate/types.js';
import { BOUNDS, comparesWithChampion, type AnalysisMetric } from '../spec/analysisMetrics.js';
import type { MetricReading } from './metricReading.js';
import type { StepAnalysis } from './types.js';

export type MetricMeasurement = StepAnalysis['measurements'][number];

type Bound = (typeof BOUNDS)[number];

/** What was read of both versions on the same interval; no champion: there is none, or nothing compares with it. */
export interface MetricReadings {
  readonly candidate: MetricReading;
  readonly champion?: MetricReading;
}

/**
 * One measurement for each bound of a metric. It passes on a number within its bound, and on nothing else: what could
 * not be read is `error`, what was measured on too little is `insufficient_data`. Bounds against a champion that does not
 * exist are not judged; where a metric has no other, it says nothing, and does not hold up a first version.
 */
export const judgeMetric = (metric: AnalysisMetric, readings: MetricReadings): readonly MetricMeasurement[] =>
  BOUNDS.flatMap((bound) => {
    const limit = metric[bound];
    const compared = bound === 'maxIncrease' || bound === 'maxDecrease';
    if (limit === undefined || (compared && readings.champion === undefined)) return [];
    return [judgeBound(metric, bound, limit, readings)];
  });

const judgeBound = (
  metric: AnalysisMetric,
  bound: Bound,
  limit: number,
  readings: MetricReadings,
): MetricMeasurement => {
  const about = { name: `${metric.name}.${bound}`, limit };
  const compared = bound === 'maxIncrease' || bound === 'maxDecrease';
  const fault =
    faultOf(metric, 'candidate', readings.candidate) ??
    (compared && readings.champion !== undefined ? faultOf(metric, 'champion', readings.champion) : undefined);
  if (fault !== undefined) return { ...about, value: 0, ...fault };
  const value = valueOf(metric, bound, numberOf(readings.candidate), numberOf(readings.champion));
  if (value === undefined)
    return { ...about, value: 0, verdict: 'error', reason: "the champion's value is 0, and nothing is a share of it" };
  const beyond = bound === 'min' ? limit - value : value - limit;
  const verdict: Verdict = beyond <= 0 ? 'pass' : beyond <= (metric.margin ?? 0) ? 'inconclusive' : 'fail';
  return { ...about, value, verdict };
};

const valueOf = (
  { relative }: AnalysisMetric,
  bound: Bound,
  candidate: number,
  champion: number,
): number | undefined => {
  if (bound === 'max' || bound === 'min') return candidate;
  const difference = bound === 'maxIncrease' ? candidate - champion : champion - candidate;
  if (relative !== true) return difference;
  return champion === 0 ? undefined : difference / Math.abs(champion);
};

const numberOf = (reading: MetricReading | undefined): number => (reading?.kind === 'value' ? reading.value : 0);

type Fault = Pick<MetricMeasurement, 'verdict'> & { readonly reason: string };

const faultOf = ({ minSamples }: AnalysisMetric, role: string, reading: MetricReading): Fault | undefined => {
  if (reading.kind !== 'value') return { verdict: reading.kind, reason: `${role}: ${reading.reason}` };
  if (minSamples === undefined) return undefined;
  if (reading.samples === undefined)
    return { verdict: 'error', reason: `${role}: nothing says on how many samples, and minSamples is declared` };
  return reading.samples >= minSamples
    ? undefined
    : { verdict: 'insufficient_data', reason: `${role}: ${reading.samples} of ${minSamples} samples` };
};

/** Which versions a metric is asked of. */
export const askedRoles = (metric: AnalysisMetric, hasChampion: boolean): readonly ('candidate' | 'champion')[] =>
  hasChampion && comparesWithChampion(metric) ? ['candidate', 'champion'] : ['candidate'];
