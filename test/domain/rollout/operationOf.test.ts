import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { differences } from '../../../src/domain/rollout/differences.js';
import { operationOf, type Operation } from '../../../src/domain/rollout/operationOf.js';
import type { TargetCommand, TargetVersion } from '../../../src/domain/rollout/types.js';

const version = (letter: string, weight: number, role: TargetVersion['role'] = 'champion'): TargetVersion => ({
  artifactDigest: `sha256:${letter.repeat(64)}`,
  releaseId: `release/m/${letter}`,
  commit: letter.repeat(40),
  weight,
  role,
});
const command = (...versions: readonly TargetVersion[]): TargetCommand => ({
  model: 'm',
  environment: 'production',
  fence: { epoch: 1, seq: 1 },
  versions,
});

describe('which program a command is for', () => {
  const canary = command(version('a', 90), version('b', 10, 'candidate'));
  for (const [story, standing, next, expected] of [
    ['the first version', undefined, command(version('a', 100, 'candidate')), 'deploy'],
    [
      'a candidate comes up',
      command(version('a', 100)),
      command(version('a', 100), version('b', 0, 'candidate')),
      'deploy',
    ],
    ['its share grows', canary, command(version('a', 50), version('b', 50, 'candidate')), 'shift'],
    ['it takes over', canary, command(version('b', 100)), 'shift'],
    ['the champion has everything again', canary, command(version('a', 100)), 'rollback'],
    ['the first version is taken back', command(version('a', 100, 'candidate')), command(), 'rollback'],
    ['the model leaves', command(version('a', 100)), command(), 'rollback'],
    ['the same once more', command(version('a', 100)), command(version('a', 100)), 'shift'],
  ] as readonly (readonly [string, TargetCommand | undefined, TargetCommand, Operation])[])
    it(`${story}: ${expected}`, () => assert.equal(operationOf(standing, next), expected));
});

describe('how what runs differs from what was asked for', () => {
  const wanted = [version('a', 90), version('b', 10, 'candidate')];
  it('is nothing where it does not, loading or ready', () => {
    assert.deepEqual(differences(wanted, wanted), []);
    assert.deepEqual(differences(wanted, [{ ...wanted[0]!, weight: 90.000001 }, wanted[1]!]), []);
    assert.deepEqual(differences([], []), []);
  });
  it('names every difference', () => {
    const other = `sha256:${'c'.repeat(64)}` as const;
    assert.deepEqual(differences(wanted, [{ ...version('a', 80), servedDigest: other }, version('d', 20, 'shadow')]), [
      'aaaaaaaaaaaa has 80 % as champion, asked for were 90 % as champion',
      'aaaaaaaaaaaa says that it serves cccccccccccc',
      'bbbbbbbbbbbb is missing',
      'dddddddddddd runs with 20 % as shadow, and was not asked for',
    ]);
  });
});
