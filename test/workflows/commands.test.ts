import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RolloutSpec } from '../../src/domain/spec/types.js';
import { commands } from '../../workflows/rollout/commands.js';
import { canary, digest } from './cast.js';

const version = (letter: string) => ({
  artifactDigest: digest(letter),
  releaseId: `release/m/${letter}`,
  commit: letter,
});
const rolesOf = (plan: RolloutSpec, champion?: string) =>
  commands({
    ...{ model: 'm', environment: 'production', epoch: 1, seq: 1, requestId: 'r', candidate: version('b'), plan },
    ...(champion === undefined ? {} : { champion: version(champion) }),
  })
    .beside()
    .versions.map(({ artifactDigest, role, weight }) => [artifactDigest[7], role, weight]);

describe('the first command of a rollout', () => {
  it('where nothing ran makes what comes at once the champion: none after it would, and a soak asks for one', () => {
    assert.deepEqual(rolesOf({ strategy: 'immediate' }), [['b', 'champion', 100]]);
    assert.deepEqual(rolesOf(canary), [['b', 'candidate', 100]]);
  });

  it('puts a candidate without traffic beside the champion', () => {
    const both = [
      ['a', 'champion', 100],
      ['b', 'candidate', 0],
    ];
    assert.deepEqual([rolesOf({ strategy: 'immediate' }, 'a'), rolesOf(canary, 'a')], [both, both]);
  });
});
