/** Bounds that hold at every look: each is looked at after every few observations, and may err in so many runs only. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { logMixture, quantileShares, RARE, shareAtLeast } from '../../../src/domain/statistics/betaMixture.js';
import { increaseEvidence } from '../../../src/domain/statistics/increaseEvidence.js';
import { labelEvidence } from '../../../src/domain/statistics/labelEvidence.js';
import { increaseAtLeast } from '../../../src/domain/statistics/proportions.js';
import { randomStream, type RandomStream } from '../../../src/domain/statistics/randomStream.js';
import { uniformLevel } from '../../../src/domain/statistics/uniformLevel.js';
import { binomialUpper } from '../../calibration/binomialUpper.js';

const ALPHA = 0.05;
const EVIDENT = Math.log(1 / ALPHA);
const RUNS = 400;
const LOOKS = 60;
const MOST = binomialUpper(RUNS, ALPHA);

/** In how many runs any of the looks was an alarm; `grow` adds what comes between two looks. */
const alarms = (name: string, begin: (next: RandomStream) => { grow(): void; isAlarm(): boolean }): number => {
  const next = randomStream(name);
  let runs = 0;
  for (let run = 0; run < RUNS; run += 1) {
    const { grow, isAlarm } = begin(next);
    for (let look = 0; look < LOOKS; look += 1) {
      grow();
      if (!isAlarm()) continue;
      runs += 1;
      break;
    }
  }
  return runs;
};

/** Two versions that fail as often as each other; each request goes to one of them by chance. */
const equals = (next: RandomStream, share: number, rate: (look: number) => number) => {
  const before = { count: 0, total: 0 };
  const now = { count: 0, total: 0 };
  let look = 0;
  return {
    before,
    now,
    grow: (): void => {
      const failing = rate(look);
      look += 1;
      for (let request = 0; request < 50; request += 1) {
        const asked = next() < share ? now : before;
        asked.total += 1;
        if (next() < failing) asked.count += 1;
      }
    },
  };
};
const binsOf = ({ count, total }: { count: number; total: number }) => [count, total - count];

describe(`${LOOKS} looks at ${RUNS} runs`, () => {
  for (const rate of [0.001, 0.03, 0.5])
    for (const share of [0.1, 0.5]) {
      test(`an increase that is none is evident in at most ${MOST}: ${rate} of requests fail, ${share} to the candidate`, (t) => {
        const found = alarms(`increase/${rate}/${share}`, (next) => {
          const both = equals(next, share, () => rate);
          return { grow: both.grow, isAlarm: () => increaseEvidence(both.before, both.now, 0) >= EVIDENT };
        });
        t.diagnostic(`${found} of ${RUNS}`);
        assert.ok(found <= MOST, `${found}`);
      });
    }

  test('nor where the champion fails, and the candidate fails as much more as it may', () => {
    const found = alarms('increase/limit', (next) => {
      const [before, now] = [
        { count: 0, total: 0 },
        { count: 0, total: 0 },
      ];
      const grow = (): void => {
        for (const [one, rate] of [
          [before, 0.03],
          [now, 0.08],
        ] as const)
          for (let request = 0; request < 25; request += 1) {
            one.total += 1;
            if (next() < rate) one.count += 1;
          }
      };
      return { grow, isAlarm: () => increaseEvidence(before, now, 0.05) >= EVIDENT };
    });
    assert.ok(found <= MOST, `${found}`);
  });

  test('a fixed level at each look is passed several times as often', (t) => {
    const found = alarms('increase/0.03/0.5', (next) => {
      const both = equals(next, 0.5, () => 0.03);
      return { grow: both.grow, isAlarm: () => increaseAtLeast(both.before, both.now, ALPHA) > 0 };
    });
    t.diagnostic(`${found} of ${RUNS}`);
    assert.ok(found > 2 * MOST, `${found}`);
  });

  test('labels say nothing where both fail alike, also while all fail for a while, and where the share was told wrong', () => {
    for (const told of [0.1, 0.4]) {
      const found = alarms(`labels/${told}`, (next) => {
        const both = equals(next, 0.1, (look) => (look % 20 < 3 ? 0.7 : 0.01));
        return {
          grow: both.grow,
          isAlarm: () => labelEvidence(binsOf(both.before), binsOf(both.now), told) >= EVIDENT,
        };
      });
      assert.ok(found <= MOST, `${found} with ${told}`);
    }
  });

  test('a quantile lies within its bounds, also of counts that are spread over neighbouring bins', () => {
    const found = alarms('quantile', (next) => {
      let [below, total] = [0, 0];
      return {
        grow: () => {
          for (let request = 0; request < 50; request += 1) {
            total += 1;
            // A tenth of all is in the bin of the quantile, of which one half counts as below it.
            const value = next();
            below += value < 0.9 ? 1 : value < 1 ? 0.5 : 0;
          }
        },
        isAlarm: () => {
          const [low, high] = quantileShares(total, 0.95, ALPHA, 100);
          return below / total < low || below / total > high;
        },
      };
    });
    assert.ok(found <= MOST, `${found}`);
  });

  test('the level of a normal approximation is kept by means of many', () => {
    const found = alarms('normal', (next) => {
      let [sum, n] = [0, 0];
      return {
        grow: () => {
          for (let request = 0; request < 50; request += 1) {
            n += 1;
            sum += next() - 0.5;
          }
        },
        isAlarm: () => {
          const z = (Math.abs(sum) / Math.sqrt(n)) * Math.sqrt(12);
          return 0.5 * erfc(z / Math.SQRT2) < uniformLevel(n, ALPHA, 100);
        },
      };
    });
    assert.ok(found <= MOST, `${found}`);
  });
});

const erfc = (x: number): number => {
  // Abramowitz and Stegun 7.1.26
  const t = 1 / (1 + 0.327_591_1 * x);
  return (
    t *
    (0.254_829_592 + t * (-0.284_496_736 + t * (1.421_413_741 + t * (-1.453_152_027 + t * 1.061_405_429)))) *
    Math.exp(-x * x)
  );
};

test('a mixture is a mean of likelihoods: over all orders of outcomes it sums to one', () => {
  let sum = 0;
  for (let hits = 0, ways = 1; hits <= 12; ways = (ways * (12 - hits)) / (hits + 1), hits += 1)
    sum += ways * Math.exp(logMixture(hits, 12 - hits, RARE));
  assert.ok(Math.abs(sum - 1) < 1e-9, `${sum}`);
});

test('the least believable share rises with what was seen, and is nothing where nothing was', () => {
  const least = [0, 5, 20, 100].map((count) => shareAtLeast({ count, total: 100 }, 0.001));
  assert.equal(least[0], 0);
  for (const [index, share] of least.entries()) if (index > 0) assert.ok(share > (least[index - 1] ?? 1), `${least}`);
  assert.ok((least[3] ?? 0) < 1);
});

test('an increase that is one becomes evident, and the more so the more was seen', () => {
  const evidence = [400, 1_600, 6_400].map((total) =>
    increaseEvidence({ count: total * 0.3, total: total * 10 }, { count: total * 0.08, total }, 0.01),
  );
  assert.ok((evidence[1] ?? 0) > (evidence[0] ?? 0) && (evidence[2] ?? 0) > 20, `${evidence}`);
  const flood = labelEvidence([0, 90], [10, 0], 0.1);
  assert.ok(flood > 12, `${flood}`);
});
