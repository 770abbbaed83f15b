import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseSpec } from '../../../src/contract/spec/parseSpec.js';
import { servingOf } from '../../../src/domain/routing/servingOf.js';
import { BASE, problemsOf } from './mistake.js';

const with_ = (serving: string): string => BASE.replace('- {name: test}', `- {name: test, serving: ${serving}}`);

const servingIn = (serving: string) => {
  const parsed = parseSpec(with_(serving), 'slipway.yaml');
  assert.ok(parsed.ok, problemsOf(with_(serving)).join('\n'));
  return parsed.spec.environments[0]!.serving;
};

describe('serving of an environment', () => {
  it('is read with defaults, and not there where nobody wrote it', () => {
    const replicas = { inFlight: 16, coolDownMs: 300_000 };
    assert.deepEqual(servingIn('{replicas: {min: 0, max: 2}}'), {
      replicas: { ...replicas, min: 0, max: 2 },
      idleMs: 900_000,
      coldStartMs: 10_000,
    });
    assert.deepEqual(servingIn('{replicas: {min: 0}, idle: 1h, coldStart: 3s}'), {
      replicas: { ...replicas, min: 0, max: 1 },
      idleMs: 3_600_000,
      coldStartMs: 3_000,
    });
    assert.deepEqual(servingIn('{}'), { replicas: { ...replicas, min: 1, max: 1 }, coldStartMs: 10_000 });
    assert.deepEqual(servingIn('{replicas: {min: 3}}')?.replicas, { ...replicas, min: 3, max: 3 });
    const plain = parseSpec(BASE, 'slipway.yaml');
    assert.ok(plain.ok && !('serving' in plain.spec.environments[0]!));
  });

  it('is what a serving node finds in the artifact', () => {
    for (const written of ['{}', '{replicas: {min: 0, max: 32}}', '{replicas: {min: 0}, idle: 30d, coldStart: 5m}']) {
      const serving = servingIn(written);
      assert.deepEqual(servingOf({ environments: [{ name: 'test', serving }] }, 'test'), serving);
    }
  });

  it('names what contradicts itself', () => {
    assert.deepEqual(problemsOf(with_('{replicas: {min: 3, max: 2}}')), [
      '30:52: environments[0].serving.replicas.max: is below min (3) (expected max of at least min)',
    ]);
    assert.deepEqual(problemsOf(with_('{idle: 15m}')), [
      '30:34: environments[0].serving.idle: says when none runs, and replicas.min is 1 (expected replicas: { min: 0 }, or no idle)',
    ]);
    assert.equal(problemsOf(with_('{replicas: {min: 33}}')).length, 1);
    assert.equal(problemsOf(with_('{coldStart: 1h}')).length, 1);
  });
});
