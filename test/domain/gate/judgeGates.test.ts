/** Whole gates over rows: bytes, intervals, anchors, calibration. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { canonicalJson } from '../../../src/domain/canonical.js';
import { judgeGates, type GateQuestion } from '../../../src/domain/gate/judgeGates.js';
import type { RuleResult } from '../../../src/domain/gate/types.js';
import type { GateRule } from '../../../src/domain/spec/gates.js';
import { randomStream } from '../../../src/domain/statistics/randomStream.js';

const DAY = 86_400_000;
const ROWS = 2_800;
const brier: GateRule = { kind: 'threshold', metric: 'brier', max: 0.25 };
const auc: GateRule = { kind: 'threshold', metric: 'roc_auc', min: 0.6, confidence: 0.95 };
const champion: GateRule = {
  kind: 'champion',
  metric: 'brier',
  test: 'non_inferiority',
  margin: 0.002,
  confidence: 0.95,
};
const anchor: GateRule = { ...champion, kind: 'anchor', at: 'sha256:first' };

/** Rows of 28 days whose truth is the prediction of the best model; `worse` is by how much a model exaggerates. */
const world = (seed: string, rows = ROWS) => {
  const next = randomStream(seed);
  const truth = Array.from({ length: rows }, () => 0.1 + 0.6 * next());
  return {
    times: truth.map((_, row) => Math.floor((row * 28) / rows) * DAY),
    labels: truth.map((chance) => (next() < chance ? 1 : 0)),
    predict: (worse: number) => truth.map((chance) => Math.min(1, Math.max(0, chance + worse * (chance - 0.4)))),
  };
};
const ask = (
  rules: readonly GateRule[],
  candidate: number,
  theirs: number,
  pinned = 0,
  seed = 'world',
): GateQuestion => {
  const { times, labels, predict } = world(seed);
  return {
    gates: [{ name: 'quality', minRows: 1000, rules }],
    sample: {
      times,
      labels,
      candidate: predict(candidate),
      champion: predict(theirs),
      anchors: { 'sha256:first': predict(pinned) },
    },
    championDigest: 'sha256:c',
    facts: [{}],
    seed,
  };
};
/** Models that mix what they know with noise of their own: ranks suffer, too. */
const ranked = (rules: readonly GateRule[], ours: number, theirs: number): GateQuestion => {
  const question = ask(rules, 0, 0);
  const next = randomStream('ranked');
  const noise = Array.from(question.sample.times, () => next());
  const blurred = (share: number) =>
    Array.from(question.sample.candidate, (known, row) => (1 - share) * known + share * (noise[row] ?? 0));
  const [candidate, other] = [blurred(ours), blurred(theirs)];
  return {
    ...question,
    sample: { ...question.sample, candidate, champion: other, anchors: { 'sha256:first': other } },
  };
};
const rulesOf = (question: GateQuestion): readonly RuleResult[] => judgeGates(question).results[0]?.rules ?? [];

describe('judging gates', () => {
  it('says the same bytes of the same question, and others of another', () => {
    const question = ask([brier, auc, champion, anchor], 0.1, 0);
    const said = canonicalJson(judgeGates(question));
    assert.equal(canonicalJson(judgeGates(structuredClone(question))), said);
    assert.notEqual(canonicalJson(judgeGates({ ...question, seed: 'another' })), said);
  });

  it('holds evidence with intervals around every metric, and curves of both models', () => {
    const { evidence } = judgeGates(ask([brier], 0.1, 0));
    for (const [metric, value] of Object.entries(evidence.metrics)) {
      if (metric === 'calibration_error') continue;
      const [low, high] = evidence.intervals?.[metric as 'brier'] ?? [NaN, NaN];
      assert.ok(low < value && value < high, `${metric}: ${low} to ${high} around ${value}`);
    }
    assert.ok((evidence.curves?.roc.length ?? 0) > 50 && (evidence.champion?.curves?.calibration.length ?? 0) > 5);
    assert.ok(evidence.champion?.differences?.roc_auc !== undefined);
  });

  it('gives no interval of fewer than ten blocks, and a rule that needs one has too little data', () => {
    const question = ask([auc], 0, 0);
    const sample = { ...question.sample, times: Array.from(question.sample.times, (time) => time % (9 * DAY)) };
    const { evidence, results } = judgeGates({ ...question, sample });
    assert.deepEqual(evidence.intervals, {});
    assert.equal(results[0]?.verdict, 'insufficient_data');
    assert.match(results[0]?.reason ?? '', /9 blocks with rows, at least 10/);
  });

  it('takes blocks of the length that the gate declares', () => {
    const question = ask([champion], 0, 0);
    const [gate] = question.gates;
    assert.ok(gate !== undefined);
    const { results } = judgeGates({ ...question, gates: [{ ...gate, blockMs: 2 * DAY }] });
    assert.match(results[0]?.reason ?? '', /14 blocks/);
  });

  it('passes a metric only where its whole interval keeps the limit', () => {
    const { roc_auc: observed = 0 } = judgeGates(ask([auc], 0, 0)).evidence.metrics;
    const verdicts = [0.5, observed, 0.9].map((min) => rulesOf(ask([{ ...auc, min } as GateRule], 0, 0))[0]?.verdict);
    assert.deepEqual(verdicts, ['pass', 'inconclusive', 'fail']);
  });

  it('refuses by the anchor what many small losses add up to, while each passes beside its champion', () => {
    const steps = [0, 0.12, 0.2, 0.27, 0.33, 0.38, 0.43, 0.48, 0.53, 0.57, 0.61];
    const judged = steps.slice(1).map((worse, at) => rulesOf(ask([champion, anchor], worse, steps[at] ?? 0)));
    assert.deepEqual(
      new Set(judged.map(([beside]) => beside?.verdict)),
      new Set(['pass']),
      judged.map(([b]) => b?.reason).join('\n'),
    );
    assert.equal(judged[0]?.[1]?.verdict, 'pass');
    assert.equal(judged.at(-1)?.[1]?.verdict, 'fail', judged.at(-1)?.[1]?.reason);
    assert.match(judged.at(-1)?.[1]?.reason ?? '', /differs from the anchor/);
  });

  for (const metric of ['roc_auc', 'pr_auc'] as const) {
    it(`compares ${metric} with the champion and the anchor, of which more is better`, () => {
      const beside = (margin: number, test: 'non_inferiority' | 'superiority' = 'non_inferiority') =>
        [champion, anchor].map((rule): GateRule => ({ ...rule, metric, margin, test }) as GateRule);
      const verdicts = (rules: readonly GateRule[], ours: number, theirs: number) =>
        rulesOf(ranked(rules, ours, theirs)).map(({ verdict }) => verdict);
      assert.deepEqual(verdicts(beside(0.01), 0, 0), ['pass', 'pass'], 'a tie is not worse');
      assert.deepEqual(verdicts(beside(0, 'superiority'), 0, 0), ['fail', 'fail'], 'a tie is not better');
      assert.deepEqual(verdicts(beside(0.01), 0.8, 0), ['fail', 'fail']);
      assert.deepEqual(verdicts(beside(0.01), 0, 0.8), ['pass', 'pass']);
      assert.deepEqual(verdicts(beside(0.01, 'superiority'), 0, 0.8), ['pass', 'pass']);
      const [first, second] = rulesOf(ranked(beside(0.01), 0.8, 0));
      assert.ok((first?.observed ?? 0) < -0.01 && (first?.interval?.[1] ?? 0) < -0.01, first?.reason);
      assert.match(
        first?.reason ?? '',
        /the candidate differs by -0\.\d+ .*28 days\), required is at most 0\.01 lower/,
      );
      assert.match(second?.reason ?? '', /differs from the anchor by -/);
      assert.deepEqual(
        first?.interval,
        judgeGates(ranked([champion], 0.8, 0)).evidence.champion?.differences?.[metric],
      );
    });

    it(`has too little data for ${metric} with nine days, and skips it without a champion`, () => {
      const rules = [{ ...champion, metric } as GateRule];
      const question = ranked(rules, 0, 0);
      const times = Array.from(question.sample.times, (time) => time % (9 * DAY));
      const [few] = rulesOf({ ...question, sample: { ...question.sample, times } });
      assert.equal(few?.verdict, 'insufficient_data');
      assert.match(few?.reason ?? '', /9 days with rows, at least 10/);
      const { championDigest: _, ...alone } = question;
      const { champion: __, ...sample } = question.sample;
      assert.equal(rulesOf({ ...alone, sample })[0]?.verdict, 'skipped');
    });
  }

  it('has too little data of an area under the curve where drawn days lack a class', () => {
    const question = ranked([{ ...champion, metric: 'roc_auc' } as GateRule], 0, 0);
    const labels = Array.from(question.sample.times, (time, row) => (time === 0 && row % 2 === 0 ? 1 : 0));
    const [rule] = rulesOf({ ...question, sample: { ...question.sample, labels } });
    assert.equal(rule?.verdict, 'insufficient_data');
    assert.match(rule?.reason ?? '', /cannot be computed/);
  });

  it('fails what training knows of the rate alone by a limit of skill that a better model keeps, each with its interval', () => {
    const rules: readonly GateRule[] = [0, 0.95].map((confidence) => ({
      kind: 'threshold',
      metric: 'brier_skill',
      min: 0.01,
      ...(confidence === 0 ? {} : { confidence }),
    }));
    const question = { ...ask(rules, 0, 0), trainedRate: 0.4 };
    const verdicts = (asked: GateQuestion) => rulesOf(asked).map(({ verdict }) => verdict);
    assert.deepEqual(verdicts(question), ['pass', 'pass'], rulesOf(question)[1]?.reason);
    const { evidence } = judgeGates(question);
    const { brier = NaN, brier_skill: skill = NaN } = evidence.metrics;
    assert.ok(Math.abs(skill - (1 - brier / (evidence.constant?.metrics.brier ?? NaN))) < 1e-12);
    const candidate = Array.from(question.sample.labels, () => 0.4);
    assert.deepEqual(verdicts({ ...question, sample: { ...question.sample, candidate } }), ['fail', 'fail']);
    const { trainedRate: _, ...unknown } = question;
    assert.deepEqual(verdicts(unknown), ['insufficient_data', 'insufficient_data']);
  });

  it('is an error of an anchor that says what is no probability', () => {
    for (const odd of [-0.01, 1.01, NaN]) {
      const question = ask([anchor, { ...anchor, metric: 'roc_auc' } as GateRule], 0, 0);
      const said = Array.from(question.sample.labels, (_, row) => (row === 7 ? odd : 0.4));
      const judged = rulesOf({ ...question, sample: { ...question.sample, anchors: { 'sha256:first': said } } });
      for (const { verdict, reason } of judged)
        assert.deepEqual([verdict, reason], ['error', 'a prediction of the anchor is no probability'], `${odd}`);
    }
  });

  it('joins neighbouring blocks where there are more than 400, and keeps them where there are not', () => {
    const blocksOf = (days: number): string => {
      const question = ask([{ ...brier, confidence: 0.9 } as GateRule], 0, 0);
      const times = Array.from(question.sample.times, (_, row) => (row % days) * DAY);
      const [rule] = rulesOf({ ...question, rounds: 20, sample: { ...question.sample, times } });
      return /\d+ blocks/.exec(rule?.reason ?? '')?.[0] ?? `${rule?.reason}`;
    };
    assert.deepEqual([400, 401, 1_000].map(blocksOf), ['400 blocks', '201 blocks', '334 blocks']);
  });

  it('is an error of an anchor that cannot be had', () => {
    const question = ask([anchor], 0, 0);
    const anchors = { 'sha256:first': { unavailable: 'there is no artifact sha256:first' } };
    const [rule] = rulesOf({ ...question, sample: { ...question.sample, anchors } });
    assert.equal(rule?.verdict, 'error');
    assert.equal(rule?.reason, 'there is no artifact sha256:first');
  });

  it('never passes odd rows: none, one class, labels or predictions that are none', () => {
    const slice = { column: 'port', minRows: 1, undecided: 'block' } as const;
    const rules: readonly GateRule[] = [
      ...[brier, auc, champion, anchor, { ...brier, confidence: 0.9 } as GateRule],
      ...[champion, anchor].flatMap((rule) => [
        { ...rule, metric: 'roc_auc' } as GateRule,
        { ...rule, metric: 'pr_auc', test: 'superiority' } as GateRule,
      ]),
      { kind: 'threshold', metric: 'brier_skill', min: -1000 },
      ...[{ ...brier, slice } as GateRule, { ...champion, slice } as GateRule],
      { kind: 'data', table: 'evaluation', maxNulls: 1, maxInvalid: 1, maxDuplicates: 1, maxAgeMs: 1 },
      { kind: 'leakage', by: 'time', columns: [], max: 0 },
    ];
    const signature = {
      features: [{ name: 'port', type: 'string', log: 'value' }],
      label: 'late',
      eventTime: 'at',
    } as const;
    const odd = fc.constantFrom(NaN, Infinity, -1, 2, 0.5);
    const column = (value: fc.Arbitrary<number>) => fc.array(value, { minLength: 0, maxLength: 60 });
    fc.assert(
      fc.property(
        column(fc.constantFrom(0, 1)),
        column(fc.double({ min: 0, max: 1 })),
        odd,
        fc.nat(3),
        (labels, predictions, strange, how) => {
          const rows = Math.min(labels.length, predictions.length);
          const times = Array.from({ length: rows }, (_, row) => row * DAY);
          const y: number[] = labels.slice(0, rows);
          const p = predictions.slice(0, rows);
          if (how === 0) y.fill(1);
          if (how === 1) y.fill(0);
          if (how === 2 && rows > 0) y[0] = strange;
          if (how === 3 && rows > 0) p[0] = strange === 0.5 ? NaN : strange;
          const sample = { times, labels: y, candidate: p, champion: p, anchors: { 'sha256:first': p } };
          const gates = rules.map((rule) => ({ name: 'g', minRows: 1, rules: [rule] }));
          const table = { port: y.map((_, row) => `p${row % 2}`), late: y, at: times };
          const facts = gates.map(() => ({ evaluation: table, reference: table, signature, now: NaN }));
          const judgement = judgeGates({
            gates,
            sample,
            championDigest: 'c',
            trainedRate: strange,
            facts,
            seed: 's',
            rounds: 20,
          });
          const { results } = judgement;
          assert.doesNotThrow(() => canonicalJson(judgement), 'evidence holds only numbers');
          for (const result of results) assert.notEqual(result.verdict, 'pass', result.reason);
        },
      ),
      { numRuns: 300 },
    );
  });
});
