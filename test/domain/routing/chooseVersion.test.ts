import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  chooseVersion,
  fallback,
  stickyPoint,
  type RoutableVersion,
} from '../../../src/domain/routing/chooseVersion.js';

const A = 'a'.repeat(64);
const B = 'b'.repeat(64);
const at = (
  version: string,
  weight: number,
  role: RoutableVersion['role'] = 'champion',
  more: Partial<RoutableVersion> = {},
): RoutableVersion => ({
  version,
  weight,
  role,
  ready: true,
  retiring: false,
  ...more,
});
const split = (weight: number): readonly RoutableVersion[] => [at(A, 100 - weight), at(B, weight, 'candidate')];

/** Seeded, so that the counts are the same in every run. */
const stream = (seed: number) => {
  let state = seed;
  return (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
};

describe('chooseVersion', () => {
  for (const weight of [0, 0.1, 1, 10, 50, 99.9, 100]) {
    it(`gives a candidate ${weight} % of random requests, within the binomial interval of 99 %`, () => {
      const random = stream(42);
      const requests = 100_000;
      let taken = 0;
      for (let request = 0; request < requests; request += 1)
        if (chooseVersion(split(weight), random())?.version === B) taken += 1;
      const share = weight / 100;
      assert.ok(
        Math.abs(taken - requests * share) <= 2.576 * Math.sqrt(requests * share * (1 - share)) + 1e-9,
        `${taken}`,
      );
    });

    it(`gives a candidate ${weight} % of the keys, within the binomial interval of 99 %`, () => {
      const keys = 50_000;
      let taken = 0;
      for (let key = 0; key < keys; key += 1)
        if (chooseVersion(split(weight), stickyPoint(split(weight), `user-${key}`))?.version === B) taken += 1;
      const share = weight / 100;
      assert.ok(Math.abs(taken - keys * share) <= 2.576 * Math.sqrt(keys * share * (1 - share)) + 1e-9, `${taken}`);
    });
  }

  it('never moves a key back while the weight of a candidate grows', () => {
    for (let key = 0; key < 50_000; key += 1) {
      let on = A;
      for (const weight of [0, 0.1, 1, 10, 25, 50, 100]) {
        const versions = split(weight);
        const now = chooseVersion(versions, stickyPoint(versions, `user-${key}`))!.version;
        assert.ok(!(on === B && now === A), `user-${key} went back at ${weight} %`);
        on = now;
      }
    }
  });

  it('splits as it is told, whatever the weight: of 300 weights hardly one is outside of the interval of 99 %', () => {
    const random = stream(11);
    const requests = 20_000;
    let outside = 0;
    for (let turn = 0; turn < 300; turn += 1) {
      const weight = Math.floor(random() * 1001) / 10;
      const versions = split(weight);
      let taken = 0;
      for (let request = 0; request < requests; request += 1)
        if (chooseVersion(versions, random())?.version === B) taken += 1;
      const share = weight / 100;
      if (Math.abs(taken - requests * share) > 2.576 * Math.sqrt(requests * share * (1 - share)) + 1e-9) outside += 1;
    }
    // Three are expected; ten or more come about once in 1,000 such runs.
    assert.ok(outside < 10, `${outside} of 300`);
  });

  it('flips no key of 50,000 while its version keeps its share, through any weights, restarts and shadows', () => {
    const random = stream(12);
    const keys = Array.from({ length: 50_000 }, (_, key) => `user-${key}`);
    let before = new Set<string>();
    let weightBefore = 0;
    for (let turn = 0; turn < 12; turn += 1) {
      const weight = turn % 4 === 3 ? weightBefore : Math.floor(random() * 1001) / 10;
      // A restart reads the command from disk, and knows nothing else.
      const versions = JSON.parse(
        JSON.stringify([...(turn % 2 === 0 ? [at('c'.repeat(64), 0, 'shadow')] : []), ...split(weight)].reverse()),
      ) as readonly RoutableVersion[];
      const now = new Set(keys.filter((key) => chooseVersion(versions, stickyPoint(versions, key))!.version === B));
      const [smaller, larger] = weight >= weightBefore ? [before, now] : [now, before];
      for (const key of smaller) assert.ok(larger.has(key), `${key} flipped from ${weightBefore} % to ${weight} %`);
      if (weight === weightBefore) assert.deepEqual(now, before);
      [before, weightBefore] = [now, weight];
    }
  });

  it('gives the same key the same version, whatever order the versions come in', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 0, max: 1000 }), (key, tenths) => {
        const versions = split(tenths / 10);
        const reversed = [...versions].reverse();
        assert.equal(
          chooseVersion(versions, stickyPoint(versions, key)),
          chooseVersion(reversed, stickyPoint(reversed, key)),
        );
      }),
    );
  });

  it('gives another candidate other keys', () => {
    const other = [at(A, 90), at('c'.repeat(64), 10, 'candidate')];
    let both = 0;
    for (let key = 0; key < 10_000; key += 1) {
      const one = chooseVersion(split(10), stickyPoint(split(10), `${key}`))!.role === 'candidate';
      const two = chooseVersion(other, stickyPoint(other, `${key}`))!.role === 'candidate';
      if (one && two) both += 1;
    }
    assert.ok(both > 50 && both < 160, `${both} of 10000 keys are candidates twice, expected about 100`);
  });

  it('gives the share of a version that is not ready to the champion', () => {
    for (const point of [0, 0.5, 0.999])
      assert.equal(chooseVersion([at(A, 50), at(B, 50, 'candidate', { ready: false })], point)?.version, A);
  });

  it('gives a candidate without a share nothing, even where the champion is gone', () => {
    assert.equal(chooseVersion([at(A, 100, 'champion', { ready: false }), at(B, 0, 'candidate')], 0.3), undefined);
  });

  it('asks the champion, though it has no share, rather than nobody', () => {
    assert.equal(chooseVersion([at(A, 0), at(B, 100, 'candidate', { ready: false })], 0.3)?.version, A);
  });

  it('asks a retiring version only where no other can answer', () => {
    const retiring = at(A, 100, 'champion', { retiring: true });
    assert.equal(chooseVersion([retiring, at(B, 100, 'champion', { ready: false })], 0.3)?.version, A);
    assert.equal(chooseVersion([retiring, at(B, 100)], 0.3)?.version, B);
  });

  it('never asks a shadow, though there is nobody else, and also not where it is on its way out', () => {
    const gone = at(A, 100, 'champion', { ready: false });
    for (const retiring of [false, true])
      assert.equal(chooseVersion([gone, at(B, 0, 'shadow', { retiring })], 0.3), undefined);
  });

  it('moves no key when a shadow comes or goes', () => {
    const versions = split(30);
    const beside = [...versions, at('0'.repeat(64), 0, 'shadow'), at('f'.repeat(64), 0, 'shadow')];
    for (let key = 0; key < 10_000; key += 1)
      assert.equal(
        chooseVersion(beside, stickyPoint(beside, `user-${key}`)),
        chooseVersion(versions, stickyPoint(versions, `user-${key}`)),
      );
  });

  it('is total', () => {
    const version = fc.record({
      version: fc.constantFrom(A, B, 'c'.repeat(64)),
      weight: fc.double({ min: 0, max: 100, noNaN: true }),
      role: fc.constantFrom('champion' as const, 'candidate' as const, 'shadow' as const),
      ready: fc.boolean(),
      retiring: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.array(version, { maxLength: 4 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (versions, point) => {
          const chosen = chooseVersion(versions, point);
          assert.ok(chosen === undefined || (chosen.ready && chosen.role !== 'shadow'));
          assert.ok(chosen === undefined || chosen.role === 'champion' || chosen.weight > 0 || chosen.retiring);
          if (chosen === undefined) assert.equal(fallback(versions), undefined);
        },
      ),
    );
  });
});
