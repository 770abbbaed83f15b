import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Digest } from '../../../src/domain/artifact/types.js';
import { soakFault, type SoakQuestion } from '../../../src/domain/rollout/soakFault.js';
import { GLASS_OPENED } from '../../../src/domain/urgency/breakGlass.js';

const HOUR = 3_600_000;
const [mine, other] = ['a', 'b'].map((letter): Digest => `sha256:${letter.repeat(64)}`) as [Digest, Digest];
type Entry = SoakQuestion['entries'][number];

const soaked = (at: number, artifactDigest = mine, verdict = 'pass', environment = 'staging'): Entry => ({
  ...{ kind: 'stage.soak', at, body: { environment, artifactDigest, verdict } },
});
const deployed = (at: number, artifactDigest = mine): Entry => ({
  ...{ kind: 'deployment.deployed', at, body: { version: { artifactDigest } } },
});
const environments = [{ name: 'test' }, { name: 'staging', soakMs: 2 * HOUR }, { name: 'production' }];
const fault = (entries: readonly Entry[], staging: readonly Entry[] = [deployed(0)], environment = 'production') =>
  soakFault({ environments, environment, artifactDigest: mine, entries, passages: { staging } }) ?? 'soaked';

test('a version has soaked where its record is younger than its passage by the whole time that its spec asks for', () => {
  assert.equal(fault([soaked(2 * HOUR)]), 'soaked');
  assert.match(fault([]), /nothing on record says that it soaked in staging/);
  assert.match(fault([soaked(HOUR)]), /was in staging for 3600 s, .* asks for a soak of 7200 s/);
  assert.match(fault([soaked(2 * HOUR)], []), /does not have it as deployed in staging/);
  assert.match(fault([soaked(2 * HOUR)], [deployed(0, other)]), /does not have it as deployed/);
  assert.match(fault([soaked(2 * HOUR, other)]), /nothing on record/, 'another artifact of the same release');
  assert.match(fault([soaked(2 * HOUR, mine, 'fail')]), /nothing on record/);
  assert.match(fault([soaked(2 * HOUR, mine, 'pass', 'test')]), /nothing on record/);
});

test('its time begins with the passage before the record: what came later takes nothing away', () => {
  assert.match(
    fault([soaked(5 * HOUR)], [deployed(0), deployed(4 * HOUR)]),
    /for 3600 s/,
    'deployed anew it begins anew',
  );
  assert.equal(fault([soaked(2 * HOUR)], [deployed(0), deployed(9 * HOUR, other), deployed(10 * HOUR)]), 'soaked');
});

test('only environments before count, and none where two people broke the glass', () => {
  assert.equal(fault([], [], 'staging'), 'soaked');
  assert.equal(fault([], [], 'nowhere'), 'soaked');
  const glass = (artifactDigest: Digest): Entry => ({
    ...{ kind: GLASS_OPENED, at: 1, body: { environment: 'staging', artifactDigest } },
  });
  assert.equal(fault([glass(mine)]), 'soaked');
  assert.match(fault([glass(other)]), /nothing on record/);
});
