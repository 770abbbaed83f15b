import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RECOVERED, recoverState, type EnvironmentMemory } from '../../../src/domain/environment/recoverState.js';
import type { DeploymentEntry } from '../../../src/domain/environment/types.js';
import type { TargetState } from '../../../src/domain/rollout/types.js';
import { digest, version } from './requests.js';

type Shares = readonly (readonly [order: number, weight: number])[];

const entry = (
  epoch: number,
  order: number,
  kind: DeploymentEntry['kind'] = 'release',
  outcome: DeploymentEntry['outcome'] = 'deployed',
) => ({
  kind: `deployment.${outcome}`,
  body: {
    ...{ requestId: `r${epoch}`, kind, epoch, version: version(order), outcome, by: 'author', reason: '', order },
    ...{ startedAt: epoch, endedAt: epoch },
  },
});

const pointer = (epoch: number, order: number) => ({
  ...{ model: 'm', environment: 'production', epoch, at: epoch },
  artifactDigest: digest(`v${order}`),
  releaseId: `release/m/c${order}`,
});

const told = (epoch: number, shares: Shares): EnvironmentMemory['target'] => ({
  kind: 'told',
  state: {
    fence: { epoch, seq: 1 },
    versions: shares.map(([order, weight]) => ({ artifactDigest: digest(`v${order}`), weight, role: 'champion' })),
  } as unknown as TargetState,
});

const recovered = (memory: Partial<EnvironmentMemory>) =>
  recoverState('m', 'production', { ledger: [], target: { kind: 'never' }, versions: [], ...memory });

describe('an environment without its arbiter', () => {
  it('that nothing remembers begins from nothing', () => {
    assert.equal(recovered({}), undefined);
  });

  it('is as it was, one epoch up, where all agree', () => {
    const ledger = [entry(1, 1), entry(2, 2), entry(3, 3, 'release', 'rolled_back')];
    const found = recovered({ ledger, pointer: pointer(2, 2), target: told(3, [[2, 100]]) });
    assert.deepEqual(found?.seen, { ledger: 3, pointer: 2, target: 3 });
    assert.deepEqual([found.championFrom, found.disagreements], ['ledger', []]);
    const { epoch, champion, championOrder, previous, history } = found.state;
    assert.deepEqual([epoch, champion, championOrder, previous], [4, version(2), 2, version(1)]);
    assert.deepEqual(
      history.map((one) => one.epoch),
      [3, 2, 1],
    );
  });

  it('goes back to what it would have gone back to: after a rollback not to the version that was left', () => {
    const ledger = [entry(1, 1), entry(2, 2), entry(3, 3), entry(4, 2, 'rollback')];
    const { state } = recovered({ ledger, pointer: pointer(4, 2), target: told(4, [[2, 100]]) })!;
    assert.deepEqual([state.champion, state.previous], [version(2), version(1)]);
  });

  for (const [what, memory, epoch] of [
    ['the ledger', { ledger: [entry(9, 1)], pointer: pointer(2, 1), target: told(3, [[1, 100]]) }, 10],
    ['a pointer to nothing', { ledger: [entry(1, 1)], pointer: pointer(9, 2), pointerFault: 'nobody approved it' }, 10],
    ['the pointer', { ledger: [entry(1, 1)], pointer: pointer(9, 1), target: told(3, [[1, 100]]) }, 10],
    ['the target', { ledger: [entry(1, 1)], pointer: pointer(1, 1), target: told(9, [[1, 100]]) }, 10],
    ['an earlier recovery', { ledger: [entry(1, 1), { kind: RECOVERED, body: { epoch: 9 } }] }, 10],
    ['a target alone', { target: told(9, []) }, 10],
  ] as const) {
    it(`begins above the epoch that ${what} has seen, if that is the highest`, () => {
      assert.equal(recovered(memory)?.state.epoch, epoch);
    });
  }

  const cases: readonly (readonly [
    what: string,
    memory: Partial<EnvironmentMemory>,
    champion: number | undefined,
    from: string | undefined,
    said: RegExp,
  ])[] = [
    [
      'a pointer that is behind',
      { ledger: [entry(1, 1), entry(2, 2)], pointer: pointer(1, 1), target: told(2, [[2, 100]]) },
      2,
      'ledger',
      /the pointer names v1 in epoch 1, the ledger v2 until epoch 2: the ledger is as new, and counts/,
    ],
    [
      'a ledger that is an old copy',
      { ledger: [entry(1, 1)], pointer: pointer(4, 2), target: told(4, [[2, 100]]) },
      2,
      'pointer',
      /the pointer is newer, and counts/,
    ],
    [
      'a pointer to a version that may not run there',
      { ledger: [entry(1, 1)], pointer: pointer(4, 2), pointerFault: 'nobody approved it' },
      1,
      'ledger',
      /the pointer is newer, and does not count: nobody approved it/,
    ],
    [
      'a version that has all traffic and is not on record',
      { ledger: [entry(1, 1)], pointer: pointer(1, 1), target: told(2, [[2, 100]]), versions: [version(2)] },
      2,
      'target',
      /v2 has all traffic since epoch 2, on record is v1: what serves is champion, a rollback leads to the other/,
    ],
    [
      'a version that nobody knows',
      { ledger: [entry(1, 1)], pointer: pointer(1, 1), target: told(2, [[2, 100]]) },
      1,
      'ledger',
      /nothing says which release it is from, so the record stays/,
    ],
    [
      'a rollout under way',
      {
        ...{ ledger: [entry(1, 1)], pointer: pointer(1, 1), versions: [version(1), version(2)] },
        target: told(2, [
          [1, 90],
          [2, 10],
        ]),
      },
      1,
      'ledger',
      /a rollout had not ended: the target gives 90 % to v1, 10 % to v2, and stays so until the next passage/,
    ],
    [
      'a target that does not answer',
      { ledger: [entry(1, 1)], pointer: pointer(1, 1), target: { kind: 'silent', reason: 'no answer' } },
      1,
      'ledger',
      /cannot be asked \(no answer\)/,
    ],
    [
      'a serving node that lost its home',
      { ledger: [entry(1, 1)], pointer: pointer(1, 1) },
      1,
      'ledger',
      /the target serves nothing, v1 should/,
    ],
    [
      'a serving node with an old home',
      { ledger: [entry(5, 1)], pointer: pointer(5, 1), target: told(2, [[1, 100]]) },
      1,
      'ledger',
      /the target was told last in epoch 2, the ledger knows of 5: the higher one counts/,
    ],
    ['no pointer', { ledger: [entry(1, 1)], target: told(1, [[1, 100]]) }, 1, 'ledger', /there is no pointer/],
  ];
  for (const [what, memory, champion, from, said] of cases) {
    it(`says what it makes of ${what}`, () => {
      const found = recovered(memory)!;
      assert.deepEqual(
        [found.state.champion?.artifactDigest, found.championFrom],
        [champion === undefined ? undefined : digest(`v${champion}`), from],
      );
      assert.match(found.disagreements.join('\n'), said);
    });
  }

  it('keeps the version on record within reach where another one serves', () => {
    const { state } = recovered({ ledger: [entry(1, 1)], target: told(2, [[2, 100]]), versions: [version(2)] })!;
    assert.deepEqual([state.champion, state.previous, state.championOrder], [version(2), version(1), undefined]);
  });
});

describe('an environment with a ledger that was damaged or forged', () => {
  const BEYOND = 2 ** 40;
  const sound = [entry(1, 1), entry(2, 2)];
  const forged = entry(BEYOND, 3);
  for (const [where, ledger] of [
    ['at the end', [...sound, forged]],
    ['in the middle', [entry(1, 1), forged, entry(2, 2)]],
    ['at the beginning', [forged, ...sound]],
  ] as const)
    it(`loses neither its epochs nor its champion to one entry ${where}, and says so`, () => {
      const found = recovered({ ledger, pointer: pointer(2, 2), target: told(2, [[2, 100]]) })!;
      assert.deepEqual(found.seen, { ledger: 2, pointer: 2, target: 2 });
      assert.deepEqual([found.state.epoch, found.state.champion], [3, version(2)]);
      assert.match(
        found.disagreements.join('\n'),
        /the ledger names epoch 1099511627776, which no passage before leads/,
      );
    });

  for (const epoch of ['7', null, -1, 1.5, Number.MAX_SAFE_INTEGER, { of: 9 }])
    it(`takes ${JSON.stringify(epoch)} for no epoch`, () => {
      const found = recovered({ ledger: [...sound, { ...forged, body: { ...forged.body, epoch } }] })!;
      assert.deepEqual([found.seen.ledger, found.state.champion], [2, version(2)]);
    });

  it('counts no deployment that names no version', () => {
    for (const lost of [undefined, null, 'v3', {}, { artifactDigest: digest('v3') }]) {
      const found = recovered({
        ledger: [...sound, { ...forged, body: { ...forged.body, epoch: 3, version: lost } }],
      })!;
      assert.deepEqual([found.state.epoch, found.state.champion], [4, version(2)]);
    }
  });

  it('does not follow a pointer to an epoch that nothing leads to', () => {
    const found = recovered({ ledger: sound, pointer: pointer(BEYOND, 3), target: told(2, [[2, 100]]) })!;
    assert.deepEqual([found.state.epoch, found.state.champion, found.seen.pointer], [3, version(2), undefined]);
    assert.match(found.disagreements.join('\n'), /nothing leads to that epoch, and the ledger counts/);
    assert.deepEqual(recovered({ pointer: pointer(BEYOND, 3) })?.state.epoch, 1, 'also where nothing else is left');
  });

  it('follows the target as far as it was told, and what was written after it', () => {
    const found = recovered({ ledger: [...sound, entry(5_001, 3)], target: told(5_000, [[3, 100]]) })!;
    assert.deepEqual([found.state.epoch, found.state.champion], [5_002, version(3)]);
  });
});
