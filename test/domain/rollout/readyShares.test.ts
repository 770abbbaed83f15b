import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Digest } from '../../../src/domain/artifact/types.js';
import { readyShares } from '../../../src/domain/rollout/readyShares.js';
import type { TargetVersion } from '../../../src/domain/rollout/types.js';

const A: Digest = `sha256:${'a'.repeat(64)}`;
const B: Digest = `sha256:${'b'.repeat(64)}`;
const S: Digest = `sha256:${'5'.repeat(64)}`;
const version = (artifactDigest: Digest, weight: number, role: TargetVersion['role']): TargetVersion => ({
  ...{ artifactDigest, weight, role, releaseId: 'r', commit: 'c' },
  ...(role === 'shadow' ? { copies: 10 } : {}),
});

describe('readyShares', () => {
  const CASES: readonly (readonly [
    string,
    readonly [number, number],
    readonly Digest[],
    readonly unknown[] | 'keep',
  ])[] = [
    [
      'both are ready',
      [90, 10],
      [A, B],
      [
        [A, 90],
        [B, 10],
      ],
    ],
    ['the candidate is not ready', [90, 10], [A], [[A, 90]]],
    ['the champion is not ready', [90, 10], [B], 'keep'],
    ['everything is to go to one that is not ready', [0, 100], [A], [[A, 100]]],
    ['what has no share is not sent to', [0, 100], [A, B], [[B, 100]]],
    ['nobody is ready', [90, 10], [], 'keep'],
    ['only the shadow is ready', [90, 10], [S], 'keep'],
  ];
  for (const [name, [a, b], ready, expected] of CASES)
    it(name, () => {
      const versions = [version(A, a, 'champion'), version(B, b, 'candidate'), version(S, 0, 'shadow')];
      const found = readyShares(versions, new Set(ready));
      assert.deepEqual(
        found.kind === 'keep' ? 'keep' : found.shares.map(({ artifactDigest, weight }) => [artifactDigest, weight]),
        expected,
      );
    });
});
