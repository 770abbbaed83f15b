/** What gates compute, against SciPy, scikit-learn and statsmodels (test/fixtures/oracles/make_gates.py). */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { METRIC_NAMES, type MetricName } from '../../../src/domain/spec/metrics.js';
import { binaryMetrics } from '../../../src/domain/statistics/binaryMetrics.js';
import { blockBootstrap } from '../../../src/domain/statistics/blockBootstrap.js';
import { blockError, type BlockError } from '../../../src/domain/statistics/blockError.js';
import { blockSums, weightedMetrics } from '../../../src/domain/statistics/blockSums.js';
import { calibrationBias } from '../../../src/domain/statistics/calibrationBias.js';
import { calibrationCurve, confusion, rocCurve } from '../../../src/domain/statistics/curves.js';
import { holm } from '../../../src/domain/statistics/holm.js';
import { quantileInterval } from '../../../src/domain/statistics/quantileInterval.js';
import { timeBlocks } from '../../../src/domain/statistics/timeBlocks.js';
import { assertMatches } from './oracle.js';

interface Rows {
  readonly name: string;
  readonly predictions: readonly number[];
  readonly labels: readonly number[];
}

const oracle = JSON.parse(readFileSync('test/fixtures/oracles/gates.json', 'utf8')) as {
  readonly rate: number;
  readonly weighted: readonly (Rows & {
    readonly block: readonly number[];
    readonly weights: readonly number[];
    readonly expected: Readonly<Record<string, number>>;
  })[];
  readonly paired: {
    readonly candidate: readonly number[];
    readonly champion: readonly number[];
    readonly labels: readonly number[];
    readonly block: readonly number[];
    readonly weights: readonly (readonly number[])[];
    readonly roc_auc: readonly number[];
    readonly pr_auc: readonly number[];
    readonly errors: readonly number[];
  };
  readonly holm: readonly { readonly p: readonly number[]; readonly adjusted: readonly number[] }[];
  readonly curves: readonly (Rows & {
    readonly roc: readonly (readonly [number, number])[];
    readonly predicted: readonly number[];
    readonly observed: readonly number[];
    readonly confusion: readonly number[];
  })[];
  readonly quantile: readonly {
    readonly values: readonly number[];
    readonly p: number;
    readonly confidence: number;
    readonly interval: readonly [number | null, number | null];
  }[];
  readonly blockError: readonly {
    readonly name: string;
    readonly influences: readonly number[];
    readonly expected: BlockError;
  }[];
  readonly resampled: readonly {
    readonly name: string;
    readonly losses: readonly number[];
    readonly rows: number;
    readonly error: number;
    readonly degrees: number;
  }[];
  readonly calibrationBias: readonly {
    readonly predictions: readonly number[];
    readonly labels: readonly number[];
    readonly block: readonly number[];
    readonly bias: number;
  }[];
  readonly bins: readonly {
    readonly predictions: readonly number[];
    readonly labels: readonly number[];
    readonly rows: readonly number[];
    readonly predicted: readonly number[];
    readonly observed: readonly number[];
    readonly error: number;
  }[];
};

describe('metrics of drawn blocks', () => {
  for (const { name, predictions, labels, block, weights, expected } of oracle.weighted) {
    it(`are those of the rows, each as often as its block: ${name}`, () => {
      const sums = blockSums(predictions, labels, timeBlocks(block, 1), oracle.rate);
      const [found = []] = weightedMetrics(sums, [weights]);
      METRIC_NAMES.forEach((metric, at) => assertMatches(found[at], expected[metric] ?? Number.NaN, metric));
    });
  }
});

describe('differences of two models on drawn blocks', () => {
  const { candidate, champion, labels, block, weights, errors } = oracle.paired;
  const blocks = timeBlocks(block, 1);
  const measure = (predictions: readonly number[]) => weightedMetrics(blockSums(predictions, labels, blocks), weights);
  const [ours, theirs] = [measure(candidate), measure(champion)];
  for (const [position, metric] of (['roc_auc', 'pr_auc'] as const).entries()) {
    const at = METRIC_NAMES.indexOf(metric satisfies MetricName);
    const found = ours.map((round, draw) => (round[at] ?? NaN) - (theirs[draw]?.[at] ?? NaN));
    it(`of ${metric} are scikit-learn's in each of ${found.length} rounds, and so is their standard error`, () => {
      found.forEach((value, draw) => assertMatches(value, oracle.paired[metric][draw] ?? NaN, `round ${draw}`));
      const mean = found.reduce((sum, value) => sum + value, 0) / found.length;
      const squares = found.reduce((sum, value) => sum + (value - mean) ** 2, 0);
      assertMatches(Math.sqrt(squares / (found.length - 1)), errors[position] ?? NaN, 'error');
    });
  }
});

describe('the error of blocks', () => {
  for (const { name, influences, expected } of oracle.blockError)
    it(`of ${name} is that of the jackknife, of an AR(1) series`, () => {
      const found = blockError(influences);
      for (const key of ['error', 'degrees', 'inflation'] as const) assertMatches(found[key], expected[key], key);
    });
  it('that are all the same is none', () =>
    assert.deepEqual(blockError([0, 0, 0]), { error: 0, degrees: 2, inflation: 1 }));

  for (const { name, losses, rows, error, degrees } of oracle.resampled)
    it(`is SciPy's of a mean over ${name} drawn at random, not too small for their number`, () => {
      const block = losses.flatMap((_, at) => Array.from({ length: rows }, () => at));
      const predictions = block.map((at) => Math.sqrt(losses[at] ?? Number.NaN));
      const sums = blockSums(
        predictions,
        block.map(() => 0),
        timeBlocks(block, 1),
      );
      const { brier } = blockBootstrap(sums, undefined, { rounds: 20_000, seed: name }).candidate;
      assertMatches(brier?.degrees, degrees, 'degrees');
      // Rounds differ by half a percent of it; without b / (b - 1) that of ten blocks is 5 % too small.
      const ratio = (brier?.error ?? Number.NaN) / error;
      assert.ok(Math.abs(ratio - 1) < 0.02, `${brier?.error} is ${ratio} of ${error}`);
    });

  it('of a metric that needs both classes is known where one round in a hundred may lack one, and not of more', () => {
    /** Forty days of ten rows, of which so many have positives: in exp(-days) of the rounds none of these is drawn. */
    const estimated = (days: number) => {
      const block = Array.from({ length: 400 }, (_, row) => Math.floor(row / 10));
      const labels = block.map((day, row) => (day < days && row % 2 === 0 ? 1 : 0));
      const predictions = block.map((_, row) => ((row * 7) % 10) / 10);
      const sums = blockSums(predictions, labels, timeBlocks(block, 1));
      return blockBootstrap(sums, undefined, { rounds: 1_000, seed: 'classes' }).candidate;
    };
    assert.deepEqual(
      [2, 3, 5, 8].map((days) => estimated(days).roc_auc !== undefined),
      [false, false, true, true],
    );
    assert.ok(estimated(2).brier !== undefined);
  });
});

describe('the bias of the calibration error', () => {
  for (const { predictions, labels, block, bias } of oracle.calibrationBias)
    it('is the mean of the folded normal that noise adds to each bin', () =>
      assertMatches(calibrationBias(blockSums(predictions, labels, timeBlocks(block, 1))), bias, 'bias'));
});

describe('calibration bins', () => {
  for (const [at, { predictions, labels, rows, predicted, observed, error }] of oracle.bins.entries())
    it(`are NumPy's, closed on the left: ${at === 0 ? 'predictions on the edges' : 'predictions between them'}`, () => {
      const bins = calibrationCurve(predictions, labels);
      assert.deepEqual(
        bins.map((bin) => bin.rows),
        rows,
      );
      bins.forEach((bin, position) => {
        assertMatches(bin.predicted, predicted[position] ?? Number.NaN, `prediction of bin ${position}`);
        assertMatches(bin.observed, observed[position] ?? Number.NaN, `share of bin ${position}`);
      });
      assertMatches(binaryMetrics(predictions, labels).calibration_error, error, 'error');
      const sums = blockSums(predictions, labels, { index: new Int32Array(predictions.length), starts: [0] });
      const [found = []] = weightedMetrics(sums, [[1]]);
      assertMatches(found[METRIC_NAMES.indexOf('calibration_error')], error, 'error by blocks');
    });
});

describe('Holm', () => {
  for (const { p, adjusted } of oracle.holm)
    it(`adjusts ${p.length} p-values as statsmodels does`, () =>
      holm(p).forEach((value, at) => assertMatches(value, adjusted[at] ?? Number.NaN, `p[${at}]`)));
  it('counts a p-value that is no number as 1', () => assert.deepEqual(holm([0.01, Number.NaN]), [0.02, 1]));
});

describe('curves', () => {
  for (const { name, predictions, labels, roc, predicted, observed, confusion: counts } of oracle.curves) {
    it(`of ${name} are those of scikit-learn`, () => {
      const points = rocCurve(predictions, labels, 10_000);
      assert.equal(points.length, roc.length);
      points.forEach(([x, y], at) => {
        assertMatches(x, roc[at]?.[0] ?? Number.NaN, `x of point ${at}`);
        assertMatches(y, roc[at]?.[1] ?? Number.NaN, `y of point ${at}`);
      });
      const bins = calibrationCurve(predictions, labels);
      assert.equal(bins.length, observed.length);
      bins.forEach((bin, at) => {
        assertMatches(bin.predicted, predicted[at] ?? Number.NaN, `prediction of bin ${at}`);
        assertMatches(bin.observed, observed[at] ?? Number.NaN, `share of bin ${at}`);
      });
      assert.deepEqual(Object.values(confusion(predictions, labels)), counts);
    });
  }
  it('of many points keep their ends when thinned', () => {
    const { predictions, labels } = oracle.curves[0] ?? { predictions: [], labels: [] };
    const points = rocCurve(predictions, labels, 20);
    assert.equal(points.length, 20);
    assert.deepEqual(
      [points[0], points.at(-1)],
      [
        [0, 0],
        [1, 1],
      ],
    );
  });
  it('of one class are none', () => assert.deepEqual(rocCurve([0.1, 0.2], [1, 1], 10), []));
});

describe('the interval of a quantile', () => {
  for (const { values, p, confidence, interval } of oracle.quantile) {
    it(`of ${values.length} values at ${p}, ${confidence * 100} %, is SciPy's`, () => {
      const found = quantileInterval(values, p, confidence).interval;
      assert.deepEqual(found, [interval[0] ?? -Infinity, interval[1] ?? Infinity]);
    });
  }
});
