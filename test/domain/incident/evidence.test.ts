import assert from 'node:assert/strict';
import { test } from 'node:test';
import { beginsAtDeploy } from '../../../src/domain/incident/beginsAtDeploy.js';
import { compareOnWindow } from '../../../src/domain/incident/compareOnWindow.js';
import { nextEscalation } from '../../../src/domain/incident/nextEscalation.js';
import type { Verdict } from '../../../src/domain/gate/types.js';
import type { Digest } from '../../../src/domain/artifact/types.js';
import { randomStream } from '../../../src/domain/statistics/randomStream.js';
import { DAY, production } from '../drift/production.js';

const window = { start: 0, end: 7 * DAY };
const judged = (version: string, week: number, verdict: Verdict) => ({
  artifactDigest: `sha256:${version}` as Digest,
  window: { start: week * 7 * DAY, end: (week + 1) * 7 * DAY },
  performance: { verdict },
});

const rows: readonly (readonly [string, ReturnType<typeof judged>[], boolean])[] = [
  ['bad from its first window on', [judged('v1', 0, 'pass'), judged('v2', 1, 'fail')], true],
  [
    'bad from its first judged window on',
    [judged('v1', 0, 'pass'), judged('v2', 1, 'insufficient_data'), judged('v2', 2, 'fail')],
    true,
  ],
  ['given in any order', [judged('v2', 2, 'fail'), judged('v2', 1, 'fail'), judged('v1', 0, 'pass')], true],
  ['good at first', [judged('v2', 1, 'pass'), judged('v2', 2, 'fail')], false],
  ['unclear at first', [judged('v2', 1, 'inconclusive'), judged('v2', 2, 'fail')], false],
  ['bad before it was deployed', [judged('v1', 0, 'fail'), judged('v2', 1, 'fail')], false],
  ['never judged', [judged('v1', 0, 'pass'), judged('v2', 1, 'insufficient_data')], false],
  ['no reports', [], false],
  ['the first version of all', [judged('v2', 0, 'fail')], true],
];
for (const [name, reports, expected] of rows) {
  test(`${name}: the loss ${expected ? 'began' : 'did not begin'} with the deployment`, () => {
    assert.equal(beginsAtDeploy('sha256:v2', reports), expected);
  });
}

const serving = production(randomStream('serving'), { concept: 1.2 });
test('an earlier version that is better on the same rows is seen to be', () => {
  const better = serving.prediction.map((value) => Math.min(1, value * 1.8));
  const { labelled, current, previous, difference } = compareOnWindow('brier', window, serving, better, 0.95);
  assert.equal(labelled, serving.rows);
  assert.ok(current !== undefined && previous !== undefined && difference !== undefined);
  assert.ok(difference[0] > 0 && difference[0] < current - previous && current - previous < difference[1]);
});

test('the same version differs by nothing', () => {
  assert.deepEqual(compareOnWindow('log_loss', window, serving, serving.prediction, 0.95).difference, [0, 0]);
});

test('no interval without labels, from few blocks of time, or from predictions that are no number', () => {
  const unlabelled = { ...serving, label: serving.label.map(() => null) };
  assert.deepEqual(compareOnWindow('brier', window, unlabelled, serving.prediction, 0.95), { labelled: 0 });
  const short = production(randomStream('short'), { days: 4 });
  assert.equal(compareOnWindow('brier', window, short, short.prediction, 0.95).difference, undefined);
  assert.deepEqual(compareOnWindow('brier', window, serving, [], 0.95), { labelled: serving.rows });
});

const policy = { owners: ['oncall', 'reviewer'], escalateAfterMs: 60_000 };
test('owners are told one after the other, each once, until one acknowledges', () => {
  assert.deepEqual(nextEscalation(policy, { openedAt: 1_000 }, 0, 1_000), {
    kind: 'tell',
    owner: 'oncall',
    at: 1_000,
    told: 1,
  });
  assert.deepEqual(nextEscalation(policy, { openedAt: 1_000 }, 1, 1_000), {
    kind: 'tell',
    owner: 'reviewer',
    at: 61_000,
    told: 2,
  });
  assert.deepEqual(nextEscalation(policy, { openedAt: 1_000 }, 1, 99_000), {
    kind: 'tell',
    owner: 'reviewer',
    at: 99_000,
    told: 2,
  });
  for (const [incident, told] of [
    [{ openedAt: 1_000 }, 2],
    [{ openedAt: 1_000, acknowledgedAt: 2_000 }, 1],
    [{ openedAt: 1_000, resolvedAt: 2_000 }, 0],
  ] as const) {
    assert.equal(nextEscalation(policy, incident, told, 3_000).kind, 'none');
  }
});
