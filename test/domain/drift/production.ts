import type { FrozenReference } from '../../../src/domain/artifact/contents.js';
import { freezeReference } from '../../../src/domain/drift/freezeReference.js';
import type { DriftQuestion } from '../../../src/domain/drift/measureDrift.js';
import type { WindowRows } from '../../../src/domain/drift/windowRows.js';
import type { FeatureSpec, MonitoringSpec } from '../../../src/domain/spec/types.js';
import { binaryMetrics } from '../../../src/domain/statistics/binaryMetrics.js';
import type { RandomStream } from '../../../src/domain/statistics/randomStream.js';

export const DAY = 86_400_000;

export const features: readonly FeatureSpec[] = [
  ...['a', 'b', 'c', 'd'].map((name): FeatureSpec => ({ name, type: 'number', log: 'value', min: -10, max: 10 })),
  { name: 'origin', type: 'string', log: 'value' },
];

export const spec: MonitoringSpec = {
  everyMs: DAY,
  windowMs: 7 * DAY,
  labelDelayMs: DAY,
  minRows: 500,
  drift: { maxDistance: 0.1, alpha: 0.01 },
  performance: { metric: 'brier', maxIncrease: 0.02 },
  remediation: { rollback: true, retrain: true, cooldownMs: DAY, maxRetrains: 1 },
};

export interface World {
  readonly days?: number;
  readonly perDay?: number;
  /** How much the rows of a day have in common, as a share of a standard deviation. */
  readonly alike?: number;
  /** Added to feature `a`, in standard deviations. */
  readonly shift?: number;
  /** Added to every prediction. */
  readonly bias?: number;
  /** Moves what is true away from what is predicted. */
  readonly concept?: number;
  readonly labelled?: number;
}

const normal = (next: RandomStream): number => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
const AIRPORTS = ['AUS', 'BOS', 'DEN', 'JFK', 'LAX', 'ORD'];
const probability = (score: number): number => 1 / (1 + Math.exp(-score));

/** Rows of a model whose predictions depend on its features, over days whose rows are alike. */
export const production = (next: RandomStream, world: World = {}): WindowRows => {
  const { days = 7, perDay = 300, alike = 0.2, shift = 0, bias = 0, concept = 0, labelled = 1 } = world;
  const columns: Record<string, (number | string | null)[]> = { a: [], b: [], c: [], d: [], origin: [] };
  const out = {
    predictionId: [] as string[],
    eventTime: [] as number[],
    prediction: [] as number[],
    label: [] as (number | null)[],
  };
  for (let day = 0; day < days; day += 1) {
    const mood = Object.fromEntries(['a', 'b', 'c', 'd'].map((name) => [name, alike * normal(next)]));
    for (let row = 0; row < perDay; row += 1) {
      const value = (name: string): number => (mood[name] ?? 0) + normal(next) + (name === 'a' ? shift : 0);
      const [a, b, c, d] = [value('a'), value('b'), value('c'), value('d')];
      columns['a']?.push(a);
      columns['b']?.push(b);
      columns['c']?.push(c);
      columns['d']?.push(d);
      columns['origin']?.push(AIRPORTS[Math.floor(next() ** 2 * AIRPORTS.length)] ?? null);
      const score = -1.2 + 0.5 * b + 0.5 * c;
      out.predictionId.push(`r${day}#${row}`);
      out.eventTime.push(day * DAY + (row / perDay) * DAY);
      out.prediction.push(Math.min(1, probability(score) + bias));
      out.label.push(next() < labelled ? (next() < probability(score + concept) ? 1 : 0) : null);
    }
  }
  return { rows: out.eventTime.length, ...out, features: columns };
};

export const trainedOn = (next: RandomStream): FrozenReference => {
  const rows = production(next, { days: 60 });
  return freezeReference(
    features,
    rows.features,
    rows.prediction,
    binaryMetrics(rows.prediction, rows.label.map(Number)),
  );
};

export const question = (
  reference: FrozenReference,
  rows: WindowRows,
  change: Partial<DriftQuestion> = {},
): DriftQuestion => ({
  model: 'flight-delay',
  environment: 'production',
  artifactDigest: 'sha256:v1',
  releaseId: 'release/flight-delay/c1',
  window: { start: 0, end: 7 * DAY },
  rows,
  features,
  reference,
  spec,
  now: 9 * DAY,
  ...change,
});
