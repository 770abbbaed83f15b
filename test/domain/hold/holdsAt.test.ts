import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { configuredFreezes, stretchesFrom } from '../../../src/domain/hold/configuredFreezes.js';
import { freeFrom, holdsAt } from '../../../src/domain/hold/holdsAt.js';
import { HOLD_LIFTED, HOLD_PLACED, holdsOnRecord } from '../../../src/domain/hold/ledger.js';
import { movesForward } from '../../../src/domain/hold/movesForward.js';
import { sayHold } from '../../../src/domain/hold/sayHold.js';
import type { Hold } from '../../../src/domain/hold/types.js';
import type { TargetVersion } from '../../../src/domain/rollout/types.js';

const PLACE = { model: 'ferry', environment: 'production' };
const hold = (id: string, more: Partial<Hold> = {}): Hold => ({
  id,
  kind: 'freeze',
  reason: 'x',
  by: 'oncall',
  from: 100,
  until: 200,
  override: [],
  ...more,
});
const ids = (holds: readonly Hold[], now: number): readonly string[] =>
  holdsAt(holds, PLACE, now).inForce.map(({ id }) => id);

describe('a freeze', () => {
  it('includes its first instant and not its last', () => {
    assert.deepEqual(
      [99, 100, 199, 200].map((now) => ids([hold('a')], now).length),
      [0, 1, 1, 0],
    );
  });

  it('says when that changes: at its beginning, then at its end', () => {
    assert.deepEqual(
      [0, 100, 200].map((now) => holdsAt([hold('a')], PLACE, now).changesAt),
      [100, 200, undefined],
    );
  });

  it('is about what it names', () => {
    const cases: readonly (readonly [Partial<Hold>, number])[] = [
      [{}, 1],
      [{ models: ['ferry'] }, 1],
      [{ models: ['train'] }, 0],
      [{ environments: ['staging'] }, 0],
      [{ models: ['ferry'], environments: ['production'] }, 1],
      [{ models: ['ferry'], environments: ['staging'] }, 0],
      [{ lifted: { by: 'x', reason: 'x', at: 1 } }, 0],
    ];
    for (const [more, expected] of cases)
      assert.equal(ids([hold('a', more)], 150).length, expected, JSON.stringify(more));
  });

  it('ends where the last of those that follow each other ends, and never where one has no end', () => {
    const chain = [hold('a'), hold('b', { from: 200, until: 300 }), hold('c', { from: 400, until: 500 })];
    assert.deepEqual(
      [50, 100, 299, 300, 450].map((at) => freeFrom(chain, PLACE, at)),
      [50, 300, 300, 300, 500],
    );
    const { until: _, ...open } = hold('d');
    assert.equal(freeFrom([...chain, open], PLACE, 100), undefined);
    assert.deepEqual(ids([open, hold('a')], 100), ['a', 'd']);
  });

  it('of the operator is one of its own for each time it comes, so that an override of one is none of the next', () => {
    const once = { from: 0, to: 10 };
    const freeze = { name: 'nights', reason: 'x', owner: 'oncall', override: [], environments: ['production'], once };
    const [first] = configuredFreezes(
      [freeze],
      PLACE,
      stretchesFrom(() => [], 0),
    );
    assert.deepEqual([first?.id, first?.until], ['nights@1970-01-01T00:00', 10]);
    const both = configuredFreezes([freeze], undefined, () => [once, { from: 86_400_000, to: 86_400_010 }]);
    assert.equal(new Set(both.map(({ id }) => id)).size, 2);
    assert.deepEqual(
      configuredFreezes([freeze], { ...PLACE, environment: 'test' }, () => [once]),
      [],
    );
  });
});

describe('what the ledger says', () => {
  it('is what was placed, with its end where somebody lifted it, and nothing else', () => {
    const entries = [
      { kind: HOLD_PLACED, at: 1, body: { ...hold('a') } },
      { kind: HOLD_PLACED, at: 2, body: { ...hold('b') } },
      { kind: HOLD_LIFTED, at: 3, body: { id: 'a', by: 'operator', reason: 'done' } },
      { kind: HOLD_PLACED, at: 4, body: {} },
      { kind: 'decision', at: 5, body: { ...hold('c') } },
    ];
    assert.deepEqual(
      holdsOnRecord(entries).map(({ id, lifted }) => [id, lifted]),
      [
        ['a', { by: 'operator', reason: 'done', at: 3 }],
        ['b', undefined],
      ],
    );
  });
});

describe('a command', () => {
  const version = (letter: string, weight: number): TargetVersion => ({
    artifactDigest: `sha256:${letter.repeat(64)}`,
    releaseId: letter,
    commit: letter,
    weight,
    role: 'candidate',
  });
  const forward = (told: readonly TargetVersion[], runs: readonly TargetVersion[]): readonly string[] =>
    movesForward(
      { ...PLACE, fence: { epoch: 1, seq: 1 }, versions: told },
      { versions: runs.map((one) => ({ ...one, ready: true, restarts: 0 })) },
    ).map((digest) => digest.slice(7, 8));

  it('moves forward what comes up, and what gets more traffic', () => {
    const runs = [version('a', 90), version('b', 10)];
    assert.deepEqual(forward([version('a', 50), version('b', 50)], runs), ['b']);
    assert.deepEqual(forward([version('a', 90), version('b', 10)], runs), []);
    assert.deepEqual(forward([version('a', 100), version('b', 0)], runs), ['a']);
    assert.deepEqual(forward([version('a', 90), version('c', 0)], [version('a', 90)]), ['c']);
    assert.deepEqual(forward([], runs), []);
  });
});

describe('a line about a hold', () => {
  it('says what to do', () => {
    const { until: _, ...open } = hold('hold-1', { kind: 'hold' });
    assert.match(
      sayHold(open),
      /^hold hold-1 by oncall, until somebody lifts it: x \(`slipway hold lift hold-1` ends it\)$/,
    );
    assert.match(sayHold(hold('a')), /until 1970-01-01 00:00 UTC: x \(nobody may override it\)/);
    assert.match(sayHold(hold('a', { override: ['operator'] })), /`slipway override` by one of operator/);
    assert.match(sayHold(hold('a', { until: 9e15 })), /until never/);
  });
});
