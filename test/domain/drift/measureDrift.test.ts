import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalJson } from '../../../src/domain/canonical.js';
import { measureDrift } from '../../../src/domain/drift/measureDrift.js';
import type { DriftReport } from '../../../src/domain/drift/types.js';
import { randomStream } from '../../../src/domain/statistics/randomStream.js';
import { DAY, features, production, question, spec, trainedOn, type World } from './production.js';

const reference = trainedOn(randomStream('training'));
const report = (seed: string, world: World = {}): DriftReport =>
  measureDrift(question(reference, production(randomStream(seed), world)));
const findings = (of: DriftReport): readonly string[] =>
  of.findings.map(({ kind, subject, pages }) => `${kind} ${subject}${pages ? ' pages' : ''}`);

test('an ordinary window passes', () => {
  const ordinary = report('ordinary');
  assert.equal(ordinary.verdict, 'pass', ordinary.features.map((feature) => feature.reason).join('\n'));
  assert.deepEqual(ordinary.findings, []);
  assert.equal(ordinary.rows, 2_100);
  assert.equal(ordinary.performance.verdict, 'pass');
  assert.ok(ordinary.features.every((feature) => feature.labels.length === feature.current.length));
  canonicalJson(ordinary);
});

test('one feature that shifted is named, and pages nobody', () => {
  const shifted = report('shifted', { shift: 1 });
  assert.deepEqual(findings(shifted), ['drift a']);
  assert.equal(shifted.verdict, 'fail');
  const [a] = shifted.features;
  assert.ok(a !== undefined && a.interval[0] > 0.1 && a.psi > 0.25 && a.pValue < 1e-6);
  assert.match(a.reason, /tolerated 0\.1/);
});

test('predictions that moved page', () => {
  assert.ok(findings(report('biased', { bias: 0.2 })).includes('prediction prediction pages'));
});

test('a world in which the same features mean something else lowers performance, and pages', () => {
  const changed = report('concept', { concept: 1.5 });
  assert.deepEqual(findings(changed), ['performance brier pages']);
  const { value, interval, baseline } = changed.performance;
  assert.ok(
    value !== undefined &&
      interval !== undefined &&
      baseline !== undefined &&
      interval[0] - baseline > spec.performance.maxIncrease,
  );
});

test('a shift too small to matter is no alarm in a huge window', () => {
  const huge = report('huge', { shift: 0.15, perDay: 8_000, alike: 0 });
  assert.deepEqual(huge.findings, []);
  assert.ok((huge.features[0]?.pValue ?? 1) < 0.005, 'though it is significant');
});

test('a window of few rows says so, and alarms of nothing', () => {
  const few = report('few', { perDay: 20, shift: 1 });
  assert.equal(few.verdict, 'insufficient_data');
  assert.deepEqual([few.findings, few.expectedFalseAlarms], [[], 0]);
});

test('a window without rows says so', () => {
  const none = measureDrift(question(reference, production(randomStream('none'), { days: 0 })));
  assert.equal(none.verdict, 'insufficient_data');
  canonicalJson(none);
});

test('nothing is said of a feature that was not logged', () => {
  const rows = production(randomStream('unlogged'));
  const dropped = features.map((feature) => (feature.name === 'b' ? { ...feature, log: 'drop' as const } : feature));
  const { features: drifts, verdict } = measureDrift(question(reference, rows, { features: dropped }));
  assert.equal(drifts[1]?.verdict, 'insufficient_data');
  assert.match(drifts[1].reason, /^not logged/);
  assert.equal(verdict, 'pass', 'and it does not hide the others');
});

test('a feature that is the same all day is worth as many rows as there are days: too few', () => {
  const rows = production(randomStream('weekday'));
  const weekday = rows.eventTime.map((time) => Math.floor(time / DAY) % 7);
  const daily = measureDrift(question(reference, { ...rows, features: { ...rows.features, a: weekday } }));
  assert.equal(daily.features[0]?.verdict, 'insufficient_data');
  assert.match(daily.features[0].reason, /worth 6 independent ones/);
});

test('of a few days nobody knows how alike the rows of a day are', () => {
  const days = report('few days', { days: 3, perDay: 600, shift: 1 });
  assert.deepEqual(
    days.features.map((feature) => feature.verdict),
    Array.from(days.features, () => 'insufficient_data'),
  );
  assert.match(days.prediction.reason, /3 blocks of time/);
});

test('a quality fault suppresses the drift verdict of its column, and only of that', () => {
  const rows = production(randomStream('nulls'), { shift: 1 });
  const holes = (rows.features['a'] ?? []).map((value, row) => (row % 3 === 0 ? null : value));
  const broken = measureDrift(question(reference, { ...rows, features: { ...rows.features, a: holes } }));
  assert.deepEqual(findings(broken), ['quality a pages']);
  assert.match(broken.features[0]?.reason ?? '', /^not judged: nulls failed/);
  assert.equal(broken.features[1]?.verdict, 'pass');
});

test('before labels are mature performance is unknown, and does not hide what is known', () => {
  const early = measureDrift(question(reference, production(randomStream('early')), { now: 7 * DAY }));
  assert.equal(early.performance.verdict, 'insufficient_data');
  assert.match(early.performance.reason, /mature from 1970-01-09T00:00Z/);
  assert.equal(early.verdict, 'pass');
});

test('coverage is told, and half of the labels are too few', () => {
  const partial = report('partial', { labelled: 0.7 });
  assert.match(partial.performance.reason, /(69|70|71|72) % of 2100 rows have labels/);
  assert.equal(report('half', { labelled: 0.4 }).performance.verdict, 'insufficient_data');
});

test('without any drift, in days whose rows are alike, alarms stay within what the report expects', () => {
  const RUNS = 300;
  let alarms = 0;
  let expected = 0;
  for (let run = 0; run < RUNS; run += 1) {
    const quiet = report(`quiet/${run}`, { perDay: 100, alike: 0.3 });
    if (quiet.findings.length > 0) alarms += 1;
    expected += quiet.expectedFalseAlarms;
  }
  assert.ok(
    expected > 0 && alarms <= expected + 3 * Math.sqrt(expected),
    `${alarms} alarms, expected at most ${expected}`,
  );
});

test('even with a tolerance of nothing, days that are alike are not called drift', () => {
  const strict = { ...spec, drift: { maxDistance: 0, alpha: 0.01 } };
  const RUNS = 200;
  let alarms = 0;
  for (let run = 0; run < RUNS; run += 1) {
    const rows = production(randomStream(`strict/${run}`), { perDay: 150, alike: 0.2 });
    if (measureDrift(question(reference, rows, { spec: strict })).findings.some(({ kind }) => kind === 'drift'))
      alarms += 1;
  }
  assert.ok(alarms <= RUNS * 0.005 + 3 * Math.sqrt(RUNS * 0.005), `${alarms} of ${RUNS}`);
});

test('a shift of one standard deviation is found in nearly every window', () => {
  const RUNS = 100;
  let found = 0;
  for (let run = 0; run < RUNS; run += 1) {
    if (report(`real/${run}`, { shift: 1, perDay: 100, alike: 0.3 }).findings.some(({ subject }) => subject === 'a'))
      found += 1;
  }
  assert.ok(found >= 95, `${found} of ${RUNS}`);
});
