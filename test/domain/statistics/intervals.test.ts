import assert from 'node:assert/strict';
import { test } from 'node:test';
import { distanceInterval } from '../../../src/domain/statistics/distanceInterval.js';
import { jensenShannon } from '../../../src/domain/statistics/distances.js';
import { increaseAtLeast, wilsonInterval } from '../../../src/domain/statistics/proportions.js';
import { randomStream, type RandomStream } from '../../../src/domain/statistics/randomStream.js';
import { assertMatches, oracle } from './oracle.js';

test("Wilson's interval of a share", () => {
  for (const { count, total, alpha, interval } of oracle.wilson) {
    wilsonInterval({ count, total }, alpha).forEach((edge, end) =>
      assertMatches(edge, interval[end] ?? NaN, `${count} of ${total}`),
    );
  }
});

test('the smallest believable increase is below the observed one, and is exceeded about as rarely as asked', () => {
  const next = randomStream('increase');
  let beyond = 0;
  for (let run = 0; run < 2_000; run += 1) {
    const count = (total: number): number => Array.from({ length: total }, () => next() < 0.05).filter(Boolean).length;
    const [before, now] = [
      { count: count(900), total: 900 },
      { count: count(100), total: 100 },
    ];
    const least = increaseAtLeast(before, now, 0.01);
    assert.ok(least < now.count / 100 - before.count / 900);
    if (least > 0) beyond += 1;
  }
  assert.ok(beyond <= 2 * 2_000 * 0.01, `${beyond}`);
});

const falling = (bins: number, slope: number): readonly number[] => {
  const weights = Array.from({ length: bins }, (_, bin) => Math.exp((-slope * bin) / bins));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
};

const draw = (next: RandomStream, shares: readonly number[], count: number): readonly number[] => {
  const counts = new Array<number>(shares.length).fill(0);
  for (let row = 0; row < count; row += 1) {
    let rest = next();
    let bin = 0;
    while (bin < shares.length - 1 && (rest -= shares[bin] ?? 0) >= 0) bin += 1;
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return counts;
};

const ALPHA = 0.02;
const RUNS = 500;
const cases = [
  [20, 0, 0],
  [20, 5, 5],
  [200, 2, 2],
  [20, 0, 1],
  [20, 0, 2],
  [6, 0, 1],
] as const;
for (const [bins, was, is] of cases) {
  test(`${bins} bins, slopes ${was} and ${is}: the lower end is above the truth no oftener than asked, at any size`, () => {
    const [p, q] = [falling(bins, was), falling(bins, is)];
    const truth = jensenShannon(p, q) + 1e-9;
    for (const [current, reference] of [
      [50, 20_000],
      [100, 900],
      [100, 100],
      [1_000, 5_000],
    ] as const) {
      const next = randomStream(`${bins}/${was}/${is}/${current}`);
      let above = 0;
      let sum = 0;
      for (let run = 0; run < RUNS; run += 1) {
        const { distance, interval } = distanceInterval(draw(next, p, reference), draw(next, q, current), ALPHA);
        assert.ok(interval[0] <= distance && distance <= interval[1]);
        if (interval[0] > truth) above += 1;
        sum += distance;
      }
      assert.ok(above <= RUNS * ALPHA + 3 * Math.sqrt(RUNS * ALPHA), `${above} of ${RUNS} at ${current}`);
      assert.ok(sum / RUNS < truth + 0.08, `mean ${sum / RUNS} of a truth of ${truth} at ${current}`);
    }
  });
}

test('of small samples the plain distance is mostly noise, and the corrected one is not', () => {
  const next = randomStream('noise');
  const shares = falling(20, 0);
  const { raw, distance } = distanceInterval(draw(next, shares, 5_000), draw(next, shares, 50), ALPHA);
  assert.ok(raw > 0.2 && distance < 0.1, `${raw} and ${distance}`);
});

test('a new category of a third of the rows is seen in fifty rows', () => {
  const { interval } = distanceInterval([10_000, 10_000, 0, 0], [17, 17, 16, 0], 0.01);
  assert.ok(interval[0] > 0.25, `${interval[0]}`);
});

test('rows that are worth fewer make the interval wider', () => {
  const next = randomStream('worth');
  const [before, now] = [draw(next, falling(20, 0), 5_000), draw(next, falling(20, 2), 1_000)];
  const [plain, less] = [distanceInterval(before, now, ALPHA), distanceInterval(before, now, ALPHA, { current: 100 })];
  assert.ok(less.interval[0] < plain.interval[0] && less.interval[1] > plain.interval[1]);
});

test('the distance to nothing is no number', () => {
  assert.ok(Number.isNaN(distanceInterval([1, 2], [0, 0], ALPHA).distance));
});
