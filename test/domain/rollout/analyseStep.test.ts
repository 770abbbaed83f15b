import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalJson } from '../../../src/domain/canonical.js';
import { analyseStep, type StepQuestion } from '../../../src/domain/rollout/analyseStep.js';
import type { Verdict } from '../../../src/domain/gate/types.js';
import { references, stream, traffic, type Behaviour } from './traffic.js';

const known = references(stream('references'));
const base = {
  index: 0,
  step: { weight: 10, holdMs: 5_000, minRequests: 100, deadlineMs: 600_000 },
  analysis: { maxErrorRateIncrease: 0.01, maxLatencyRatio: 3, maxPredictionDistance: 0.15, maxFeatureDistance: 0.3 },
  references: known,
  championReferences: known,
};
const step = (seed: string, candidate: Behaviour, requests = 400, champion: Behaviour = {}): StepQuestion => {
  const next = stream(seed);
  return { ...base, champion: traffic(next, requests * 4, champion), candidate: traffic(next, requests, candidate) };
};
const fiveOfFive = (ejections: number): StepQuestion => {
  const { candidate, ...rest } = step('o', { failing: 1 }, 5);
  return { ...rest, champion: step('p', {}).champion, candidate: { ...candidate!, ejections } };
};
const restarted = (restarts: number, requests: number, champions?: number): StepQuestion => {
  const question = step('q', {}, requests);
  const champion = champions === undefined ? {} : { champion: { ...question.champion!, restarts: champions } };
  return { ...question, ...champion, candidate: { ...question.candidate!, restarts } };
};
const bad = (question: StepQuestion): readonly string[] =>
  analyseStep(question)
    .measurements.filter((measurement) => measurement.verdict === 'fail')
    .map((measurement) => measurement.name);

const rows: readonly (readonly [string, StepQuestion, Verdict, readonly string[]])[] = [
  ['a candidate like the champion', step('a', {}), 'pass', []],
  ['errors', step('b', { failing: 0.1 }), 'fail', ['error_rate_increase']],
  ['errors that the champion has, too', step('c', { failing: 0.1 }, 3_000, { failing: 0.1 }), 'pass', []],
  ['latency', step('d', { median: 80 }), 'fail', ['latency_p95_ratio']],
  ['latency below what matters', step('e', { median: 0.9 }, 400, { median: 0.2 }), 'pass', []],
  ['other predictions', step('f', { shift: 0.3 }), 'fail', ['prediction_distance']],
  [
    'another training',
    { ...step('g', {}), references: { ...known, a: references(stream('skewed'), 0.5)['a'] ?? assert.fail() } },
    'fail',
    ['feature_distance.a'],
  ],
  ['too few requests', step('h', {}, 99), 'insufficient_data', []],
  ['a flood of errors in few requests', step('i', { failing: 0.9 }, 20), 'fail', ['error_rate_increase']],
  ['a first error', step('j', { failing: 1 }, 3), 'insufficient_data', []],
  ['five errors of five requests', fiveOfFive(0), 'insufficient_data', []],
  ['five errors of five requests, and the target asks it no more', fiveOfFive(1), 'fail', ['error_rate_increase']],
  ['a server that ended twice', restarted(2, 400), 'pass', []],
  ['a server that ends again and again, and hardly any requests', restarted(3, 1), 'fail', ['restarts']],
  ['the same without one request', restarted(3, 0), 'fail', ['restarts']],
  ['the same where there are enough', restarted(3, 400), 'fail', ['restarts']],
  ["as many restarts as the champion's, and two more", restarted(7, 400, 5), 'pass', []],
  ["three more than the champion's", restarted(8, 400, 5), 'fail', ['restarts']],
  ["as many as the champion's, and not one request was answered", restarted(11, 0, 11), 'fail', ['restarts']],
  ['the same, no oftener than a machine may end it', restarted(10, 0, 11), 'insufficient_data', []],
  ['nothing counted', { ...base, candidate: undefined, champion: undefined }, 'insufficient_data', []],
  [
    'features that the target does not count',
    { ...step('k', {}), candidate: { ...traffic(stream('k'), 400), features: {} } },
    'insufficient_data',
    [],
  ],
  [
    'other bins than in training',
    { ...step('l', {}), references: { ...known, a: { kind: 'numeric', edges: [], counts: [5, 5] } } },
    'error',
    [],
  ],
];
for (const [name, question, verdict, failing] of rows) {
  test(`${name}: ${verdict}`, () => {
    const analysis = analyseStep(question);
    assert.equal(analysis.verdict, verdict, analysis.reason);
    assert.deepEqual(bad(question), failing);
    assert.notEqual(analysis.reason, '');
    canonicalJson(analysis);
  });
}

test('restarts are told beside those of the champion', () => {
  const said = (question: StepQuestion): string => analyseStep(question).reason;
  assert.equal(
    said(restarted(8, 400, 1)),
    "restarts: the candidate's server was started again 8 times, that of the champion once; at most 3 may be",
  );
  assert.equal(
    said(restarted(3, 0)),
    "restarts: the candidate's server was started again 3 times, that of the champion not once, and it answered no request; at most 2 may be",
  );
  const { champion: _, ...first } = restarted(3, 400);
  assert.match(said(first), /started again 3 times, there is no champion; at most 2 may be$/);
});

test('what the signature refuses is no error of a candidate with the same inputs, and one of a candidate with others', () => {
  const question = step('refused', {});
  const refusing = { ...question, candidate: { ...question.candidate!, refused: 100 } };
  assert.equal(analyseStep({ ...refusing, sameInputs: true }).verdict, 'pass');
  assert.equal(analyseStep({ ...refusing, sameInputs: false }).verdict, 'fail');
  // What it refused were requests of its tenth, too.
  const champions = traffic(stream('refused early, champion'), 9 * 24);
  const few = { ...step('refused early', {}, 12), champion: champions, sameInputs: false };
  assert.equal(analyseStep({ ...few, candidate: { ...few.candidate!, refused: 12 } }).verdict, 'fail');
  assert.equal(
    analyseStep({ ...few, candidate: { ...few.candidate!, refused: 12 }, sameInputs: true }).verdict,
    'insufficient_data',
  );
});

const alone = (candidate: Behaviour): StepQuestion => {
  const { championReferences: _, ...first } = base;
  return { ...first, candidate: traffic(stream('alone'), 400, candidate) };
};

test('without a champion only what needs none is measured', () => {
  const names = analyseStep(alone({})).measurements.map((measurement) => measurement.name.split('.')[0]);
  assert.deepEqual([...new Set(names)], ['error_rate', 'feature_distance']);
  assert.equal(analyseStep(alone({})).verdict, 'pass');
  assert.equal(analyseStep(alone({ failing: 0.1 })).verdict, 'fail');
});

test('without a champion a part of what training had is no fault, and what it never had is one', () => {
  assert.equal(analyseStep(alone({ only: [0.4, 0.5] })).verdict, 'pass');
  assert.equal(analyseStep(alone({ missing: 0.5 })).verdict, 'fail');
});

test('a champion without traffic is none to compare with, and that is said', () => {
  const whole = {
    ...step('whole', { only: [0.4, 0.5] }),
    step: { ...base.step, weight: 100 },
    champion: traffic(stream('none'), 0),
  };
  assert.equal(analyseStep(whole).verdict, 'pass');
  assert.match(analyseStep(whole).reason, /no champion to compare with/);
  const { verdict, reason } = analyseStep({ ...whole, control: { count: 1, total: 100 } });
  assert.deepEqual(
    [verdict, /no champion/.test(reason)],
    ['pass', false],
    'errors are compared with what it had before',
  );
});

test('a champion that should have traffic and has hardly any is waited for, also where the candidate has enough', () => {
  for (const requests of [0, 29]) {
    const question = { ...step('starved', {}), champion: traffic(stream('few'), requests) };
    const { verdict, reason } = analyseStep(question);
    assert.deepEqual([verdict, reason], ['insufficient_data', `${requests} of 30 requests of the champion`]);
  }
  const failing = { ...step('starved', { failing: 0.9 }), champion: traffic(stream('few'), 29) };
  assert.equal(analyseStep(failing).verdict, 'fail', 'its errors are judged none the less');
});

test('on a step of all traffic errors are compared with what the champion had on the last step that it had some on', () => {
  const before = analyseStep(step('half', { failing: 0.03 }, 1_000, { failing: 0.03 }));
  assert.equal(before.control?.total, 4_000);
  const whole = (failing: number, control = before.control): StepQuestion => ({
    ...step('all', { failing }, 4_000),
    step: { ...base.step, weight: 100 },
    champion: traffic(stream('none'), 0),
    ...(control === undefined ? {} : { control }),
  });
  const [sound, bad] = [analyseStep(whole(0.03)), analyseStep(whole(0.08))];
  assert.deepEqual([sound.verdict, sound.measurements[0]?.name], ['pass', 'error_rate_increase']);
  assert.equal(bad.verdict, 'fail');
  assert.deepEqual(sound.control, before.control, 'and it is handed on');
  const { control: _, ...unknown } = whole(0.03);
  assert.equal(analyseStep(unknown).verdict, 'fail', 'without one 3 % are beyond a limit of 1 %');
});

test('the budget of a rollout is split among its steps, and among the times that one is gone through', () => {
  const verdicts = (change: Partial<StepQuestion>): Verdict =>
    analyseStep({ ...step('edge', { failing: 0.9 }, 20), ...change }).verdict;
  assert.equal(verdicts({}), 'fail');
  assert.equal(verdicts({ visit: 1e20 }), 'insufficient_data');
  assert.equal(verdicts({ steps: 1e40 }), 'insufficient_data');
  assert.equal(verdicts({ analysis: { ...base.analysis, falseAborts: 1e-40 } }), 'insufficient_data');
});

test('an hour or a weekday of traffic is as far from training for both, and not the fault of the candidate', () => {
  const next = stream('hour');
  const hour = { only: [0.4, 0.5] } as const;
  const both = { ...base, champion: traffic(next, 1_600, hour), candidate: traffic(next, 400, hour) };
  assert.equal(analyseStep(both).verdict, 'pass', analyseStep(both).reason);
  assert.equal(analyseStep({ ...both, champion: traffic(next, 1_600) }).verdict, 'fail');
});

test('a candidate trained on another unit is found in an hour of traffic', () => {
  const next = stream('unit');
  const hour = { only: [0.4, 0.5] } as const;
  const champion = traffic(next, 900, hour);
  const found = traffic(next, 100, { only: [0, 0.05] });
  const analysis = analyseStep({
    ...base,
    champion,
    candidate: { ...traffic(next, 100, hour), features: found.features },
  });
  assert.equal(analysis.verdict, 'fail', analysis.reason);
});

test('categories that both see are not the fault of the candidate, and those that training never had are', () => {
  const text = (counts: readonly number[]) => ({ kind: 'categorical', categories: ['a', 'b', 'c'], counts }) as const;
  const known = { a: text([400, 300, 300, 0, 0]) };
  const next = stream('categories');
  const [champion, candidate] = [traffic(next, 900), traffic(next, 100)];
  const only = (counts: readonly number[]) => ({ a: counts });
  const question = { ...base, references: known, championReferences: known };
  const both = {
    champion: { ...champion, features: only([0, 0, 900, 0, 0]) },
    candidate: { ...candidate, features: only([0, 0, 100, 0, 0]) },
  };
  assert.equal(analyseStep({ ...question, ...both }).verdict, 'pass');
  const other = { a: text([700, 300, 0, 0, 0]) };
  const trainedWithout = { ...candidate, features: only([20, 20, 0, 60, 0]) };
  const ordinary = { ...champion, features: only([360, 270, 270, 0, 0]) };
  assert.equal(
    analyseStep({ ...question, references: other, champion: ordinary, candidate: trainedWithout }).verdict,
    'fail',
  );
});

const simulate = (
  name: string,
  runs: number,
  candidate: Behaviour,
  requests: number,
): Readonly<Record<Verdict, number>> => {
  const next = stream(name);
  const verdicts = { pass: 0, fail: 0, inconclusive: 0, insufficient_data: 0, error: 0 };
  for (let run = 0; run < runs; run += 1) {
    const champion = traffic(next, requests * 9, { failing: 0.002, rowsPerRequest: candidate.rowsPerRequest ?? 1 });
    const { verdict } = analyseStep({
      ...base,
      champion,
      candidate: traffic(next, requests, { failing: 0.002, ...candidate }),
    });
    verdicts[verdict] += 1;
  }
  return verdicts;
};

test('of 1,000 steps of sound candidates at the smallest number of requests hardly one is called bad', () => {
  const verdicts = simulate('sound', 1_000, {}, 100);
  assert.ok(verdicts.fail <= 5, `${verdicts.fail} called bad`);
  assert.ok(verdicts.pass >= 950, `${verdicts.pass} passed`);
});

test('nor where the rows of a request are alike', () => {
  const verdicts = simulate('batches', 300, { rowsPerRequest: 10 }, 100);
  assert.ok(verdicts.fail <= 2, `${verdicts.fail} called bad`);
  assert.ok(verdicts.pass >= 270, `${verdicts.pass} passed`);
});

test('even with limits of nothing, noise is not called bad where the rows of a request are alike', () => {
  const analysis = { ...base.analysis, maxPredictionDistance: 0, maxFeatureDistance: 0 };
  const next = stream('tight');
  let called = 0;
  for (let run = 0; run < 200; run += 1) {
    const [champion, candidate] = [
      traffic(next, 600, { rowsPerRequest: 20 }),
      traffic(next, 200, { rowsPerRequest: 20 }),
    ];
    if (analyseStep({ ...base, analysis, champion, candidate }).verdict === 'fail') called += 1;
  }
  assert.ok(called <= 4, `${called} of 200 called bad`);
});

test('a candidate that is skewed between training and serving never passes, and is mostly caught at once', () => {
  const verdicts = simulate('skewed', 200, { shift: 0.25, skew: 0.4 }, 100);
  assert.equal(verdicts.pass, 0);
  assert.ok(verdicts.fail >= 180, `${verdicts.fail} called bad`);
});
