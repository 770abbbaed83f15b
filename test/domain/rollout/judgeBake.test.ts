import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WindowRows } from '../../../src/domain/drift/windowRows.js';
import { BAKE_LOOKS } from '../../../src/domain/bake/bakeTiming.js';
import { judgeBake } from '../../../src/domain/rollout/judgeBake.js';
import { startNext } from '../../../src/domain/environment/startNext.js';
import { newEnvironment } from '../../../src/domain/environment/newEnvironment.js';
import type { DeploymentRequest } from '../../../src/domain/environment/types.js';
import type { BakeSpec } from '../../../src/domain/spec/bake.js';
import { randomStream } from '../../../src/domain/statistics/randomStream.js';

const DAY = 86_400_000;
const window = { start: 0, end: 20 * DAY };
const spec: BakeSpec = {
  ...{ metric: 'brier', maxLoss: 0.2, minLabels: 500, minShare: 0.5, withinMs: 21 * DAY, otherwise: 'ask' },
};

/** Rows whose truth comes with the probability that is predicted, and `off` besides. */
const rowsOf = (count: number, off = 0, labelled = 1, seed = 1): WindowRows => {
  const random = randomStream(String(seed));
  const prediction = Array.from({ length: count }, () => 0.1 + 0.8 * random());
  return {
    rows: count,
    predictionId: prediction.map((_, row) => `r#${row}`),
    eventTime: prediction.map((_, row) => (row / count) * window.end),
    prediction: prediction.map((probability) => Math.min(1, Math.max(0, probability + off))),
    label: prediction.map((probability) => (random() > labelled ? null : Number(random() < probability))),
    features: {},
  };
};

test('it is confirmed within its limit, and refuted beyond it', () => {
  const sound = judgeBake({ spec, rows: rowsOf(4_000), window });
  assert.equal(sound.kind, 'confirmed', sound.reason);
  assert.match(sound.reason, /^brier is 0\.1\d+ \(.+\), at most 0\.2; 4000 of 4000 rows have labels$/);
  const bad = judgeBake({ spec: { ...spec, maxLoss: 0.15 }, rows: rowsOf(4_000, 0.3), window });
  assert.equal(bad.kind, 'refuted', bad.reason);
});

test('what it lost when it was packaged is a limit where the spec says so', () => {
  const relative: BakeSpec = { ...spec, maxIncrease: 0.02 };
  const asked = { spec: relative, rows: rowsOf(4_000, 0.3), window };
  assert.equal(judgeBake({ ...asked, packaged: 0.1 }).kind, 'refuted');
  const { maxLoss: _, ...only } = relative;
  assert.equal(judgeBake({ ...asked, spec: only, packaged: 0.4 }).kind, 'confirmed');
  assert.match(judgeBake({ ...asked, spec: only }).reason, /was not computed when it was packaged/);
});

test('too few labels, too small a share of them, or too few days say nothing', () => {
  for (const [rows, why] of [
    [rowsOf(0), /0 of 0 rows have labels, and 500 are needed/],
    [rowsOf(400), /400 of 400 rows have labels, and 500/],
    [rowsOf(4_000, 0, 0.3), /rows have labels, and 50 % are needed/],
    [{ ...rowsOf(4_000), eventTime: rowsOf(4_000).eventTime.map(() => 1) }, /1 blocks of time, and 5/],
    [{ ...rowsOf(4_000), prediction: rowsOf(4_000).prediction.map(() => Number.NaN) }, /no number/],
  ] as const) {
    const verdict = judgeBake({ spec, rows, window });
    assert.equal(verdict.kind, 'waiting', verdict.reason);
    assert.match(verdict.reason, why);
  }
});

test('of 200 sound versions at their limit hardly one is taken back in all of its looks', () => {
  // Its true loss is the limit: E[p(1-p)] of p uniform over 0.1 to 0.9.
  const exact: BakeSpec = { ...spec, maxLoss: 0.25 - 0.64 / 12 };
  let refuted = 0;
  for (let seed = 1; seed <= 200; seed += 1) {
    const all = rowsOf(3_000, 0, 1, seed);
    const looks = Array.from({ length: BAKE_LOOKS }, (_, look) => Math.round((3_000 * (look + 1)) / BAKE_LOOKS));
    const isRefuted = looks.some((count) => {
      const some = { ...all, rows: count };
      const cut = <T>(values: readonly T[]): readonly T[] => values.slice(0, count);
      const rows: WindowRows = {
        ...some,
        prediction: cut(all.prediction),
        label: cut(all.label),
        eventTime: cut(all.eventTime),
      };
      return judgeBake({ spec: exact, rows, window }).kind === 'refuted';
    });
    if (isRefuted) refuted += 1;
  }
  assert.ok(refuted <= 10, `${refuted} of 200`);
});

test('nothing goes back from a version that another one has replaced already', () => {
  const version = (letter: string) => ({
    ...{ artifactDigest: `sha256:${letter.repeat(64)}` as const, releaseId: `release/m/${letter}`, commit: letter },
  });
  const back: DeploymentRequest = {
    ...{ requestId: 'back', kind: 'rollback', version: version('a'), rollout: { strategy: 'immediate' }, order: 0 },
    ...{ by: 'release/m/b', reason: 'labels', onlyFrom: version('b').artifactDigest },
  };
  const begin = (champion: string) =>
    startNext({ ...newEnvironment('m', 'production'), champion: version(champion), queue: [back] }, 0);
  assert.equal(begin('b').start?.request, back);
  const late = begin('c');
  assert.equal(late.start, undefined);
  assert.deepEqual(late.state.queue, []);
  assert.deepEqual(late.replies[0]?.settled.outcome, {
    ...{ kind: 'refused', code: 'withdrawn', reason: 'another version has taken its place' },
  });
});
