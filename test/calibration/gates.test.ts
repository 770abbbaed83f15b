/**
 * A thousand comparisons of two equally good models whose rows depend on each other, by whole gates: how often noise is
 * called a difference, and how often a difference is found. `npm test -- calibration`.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { judgeGates, type GateQuestion } from '../../src/domain/gate/judgeGates.js';
import type { GateEvidence } from '../../src/domain/gate/types.js';
import { isLoss, PAIRED_METRICS, type MetricName } from '../../src/domain/spec/metrics.js';
import type { GateRule } from '../../src/domain/spec/gates.js';
import { binomialUpper } from './binomialUpper.js';
import { randomStream, type RandomStream } from '../../src/domain/statistics/randomStream.js';

const DAY = 86_400_000;
const RUNS = 1_000;
const ROUNDS = 200;
const ROWS_A_DAY = 50;
const ALPHA = 0.05;

const normal = (next: RandomStream): number => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
const sigmoid = (value: number): number => 1 / (1 + Math.exp(-value));

/**
 * Days whose outcomes share a shock, and two models that each misjudge a day by an amount of their own: rows of one day
 * depend on each other. `worse` is noise that only the candidate has.
 */
const play = (next: RandomStream, days: number, worse: number): GateQuestion['sample'] => {
  const [times, labels, candidate, champion]: [number[], number[], number[], number[]] = [[], [], [], []];
  for (let day = 0; day < days; day += 1) {
    const [shock, ours, theirs] = [0.5 * normal(next), 0.4 * normal(next), 0.4 * normal(next)];
    for (let row = 0; row < ROWS_A_DAY; row += 1) {
      const known = normal(next);
      times.push(day * DAY + row);
      labels.push(next() < sigmoid(known - 1 + shock) ? 1 : 0);
      candidate.push(sigmoid(known - 1 + ours + (0.3 + worse) * normal(next)));
      champion.push(sigmoid(known - 1 + theirs + 0.3 * normal(next)));
    }
  }
  return { times, labels, candidate, champion, anchors: {} };
};

const champion = { kind: 'champion', metric: 'brier', test: 'non_inferiority', margin: 0, confidence: 0.95 } as const;
/** By means over blocks, and by rounds of drawn blocks. */
const RULES = PAIRED_METRICS.map((metric): GateRule => ({ ...champion, metric }));
const judge = (sample: GateQuestion['sample'], seed: string, rules: readonly GateRule[] = RULES) =>
  judgeGates({
    gates: [{ name: 'g', minRows: 1, rules }],
    sample,
    championDigest: 'sha256:c',
    trainedRate: 0.3,
    facts: [],
    seed,
    rounds: ROUNDS,
  });
const excludesZero = ({ champion: beside }: GateEvidence, metric: MetricName): boolean => {
  const [low, high] = beside?.differences?.[metric] ?? [NaN, NaN];
  return low > 0 || high < 0;
};
const METRICS = ['brier', 'brier_skill', 'log_loss', 'roc_auc', 'pr_auc', 'accuracy'] as const;

for (const days of [10, 14, 28]) {
  describe(`${RUNS} comparisons over ${days} days`, () => {
    it('of equal models are called different no oftener than nominal, by rule and by interval of every metric', (t) => {
      const next = randomStream(`equal/${days}`);
      const alarms: Record<string, number> = {};
      const count = (what: string, isAlarm: boolean): void => {
        alarms[what] = (alarms[what] ?? 0) + (isAlarm ? 1 : 0);
      };
      for (let run = 0; run < RUNS; run += 1) {
        const { evidence, results } = judge(play(next, days, 0), `${run}`);
        for (const { rule, interval: [low, high] = [NaN, NaN] } of results[0]?.rules ?? [])
          count(`rule ${rule.split(' ')[0] ?? ''}`, !(low <= 0 && high >= 0));
        for (const metric of METRICS) count(metric, excludesZero(evidence, metric));
      }
      t.diagnostic(`false alarms of ${RUNS}: ${JSON.stringify(alarms)}`);
      const most = binomialUpper(RUNS, ALPHA);
      for (const [what, count] of Object.entries(alarms))
        assert.ok(count <= most, `${what}: ${count}, at most ${most}`);
    });

    it('of a worse model show it the oftener the worse it is, by every metric that models are compared by', (t) => {
      const found = [0, 0.4, 0.8, 1.2].map((worse) => {
        const next = randomStream(`power/${days}`);
        const runs = Array.from(
          { length: RUNS / 5 },
          (_, run) => judge(play(next, days, worse), `${run}`).results[0]?.rules ?? [],
        );
        return RULES.map((_, at) => runs.filter((rules) => rules[at]?.verdict === 'fail').length / runs.length);
      });
      for (const [at, metric] of PAIRED_METRICS.entries()) {
        const power = found.map((rules) => rules[at] ?? NaN);
        t.diagnostic(`found by ${metric} with 0, 0.4, 0.8, 1.2 more noise: ${power.join(', ')}`);
        assert.deepEqual(
          [...power].sort((a, b) => a - b),
          power,
        );
        // Noise costs a model more of its calibration than of its order: areas see it less.
        assert.ok((power.at(-1) ?? 0) > (isLoss(metric) ? 0.7 : 0.3), metric);
      }
    });
  });
}

describe('the interval of the calibration error', () => {
  /** Error of a model that says `shift` too much on the scale of the logit, on many rows without shocks. */
  const rows = (next: RandomStream, days: number, shift: number): GateQuestion['sample'] => {
    const sample = Array.from({ length: days * ROWS_A_DAY * 2 }, (_, row) => {
      const known = normal(next) - 1;
      return {
        time: Math.floor(row / (ROWS_A_DAY * 2)) * DAY,
        label: next() < sigmoid(known) ? 1 : 0,
        said: sigmoid(known + shift),
      };
    });
    return {
      times: sample.map(({ time }) => time),
      labels: sample.map(({ label }) => label),
      candidate: sample.map(({ said }) => said),
      anchors: {},
    };
  };
  for (const shift of [0, 0.3, 0.6]) {
    it(`lies wholly on the wrong side of the truth in few runs, with a shift of ${shift}`, (t) => {
      const next = randomStream(`calibration/${shift}`);
      const truth = judge(rows(next, 4_000, shift), 'truth').evidence.metrics.calibration_error ?? NaN;
      const counts = { passes: 0, fails: 0 };
      for (let run = 0; run < RUNS / 2; run += 1) {
        const { intervals = {} } = judge(rows(next, 28, shift), `${run}`).evidence;
        const [low, high] = intervals.calibration_error ?? [NaN, NaN];
        if (high < truth) counts.passes += 1;
        if (low > truth) counts.fails += 1;
      }
      t.diagnostic(
        `truth ${truth.toFixed(4)}; of ${RUNS / 2} wholly below ${counts.passes}, wholly above ${counts.fails}`,
      );
      const most = binomialUpper(RUNS / 2, ALPHA / 2);
      assert.ok(counts.fails <= most, `${counts.fails} wholly above, at most ${most}`);
      assert.ok(counts.passes <= most, `${counts.passes} wholly below, at most ${most}`);
    });
  }
});
