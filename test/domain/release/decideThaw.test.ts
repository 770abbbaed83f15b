import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decideThaw, EVIDENCE_LASTS_MS, type Thaw } from '../../../src/domain/release/decideThaw.js';
import type { EnvironmentSpec } from '../../../src/domain/spec/types.js';

const place = (name: string, more: Partial<EnvironmentSpec> = {}): EnvironmentSpec => ({
  name,
  approval: { kind: 'none' },
  rollout: { strategy: 'immediate' },
  verify: { smokeRows: 10 },
  gates: [],
  ...more,
});
const NOW = 10 * EVIDENCE_LASTS_MS;
const found = (name: 'verify' | 'gate' | 'deploy', environment: string, ago: number) =>
  ({ name, environment, status: 'passed', endedAt: NOW - ago }) as const;
const thaw = (more: Partial<Thaw> = {}) =>
  decideThaw({
    environments: [place('staging', { gates: ['quality'] }), place('production')],
    entering: 'production',
    stages: [found('verify', 'staging', 10), found('gate', 'staging', 5)],
    championChanged: false,
    now: NOW,
    ...more,
  });

describe('when a hold ends', () => {
  it('a release goes on with evidence that is young enough', () => assert.equal(thaw().kind, 'go_on'));

  it('the oldest evidence of the environment before decides', () => {
    const old = [found('verify', 'staging', EVIDENCE_LASTS_MS + 1), found('gate', 'staging', 5)];
    const decision = thaw({ stages: old });
    assert.equal(decision.kind === 'evaluate_again' && decision.environment.name, 'staging');
    const elsewhere = [
      found('verify', 'test', EVIDENCE_LASTS_MS + 1),
      found('deploy', 'staging', EVIDENCE_LASTS_MS + 1),
    ];
    assert.equal(thaw({ stages: elsewhere }).kind, 'go_on');
  });

  it('the environment that it enters says how long evidence lasts', () => {
    const environments = [place('staging'), place('production', { evidenceLastsMs: 4 })];
    assert.equal(thaw({ environments }).kind, 'evaluate_again');
  });

  it('another champion than before makes every evidence old', () =>
    assert.equal(thaw({ championChanged: true }).kind, 'evaluate_again'));

  it('there is nothing to repeat where no environment before it looks at anything', () => {
    assert.equal(thaw({ entering: 'staging', championChanged: true }).kind, 'go_on');
    const blind = [place('staging', { verify: { smokeRows: 0 } }), place('production')];
    assert.equal(thaw({ environments: blind, championChanged: true }).kind, 'go_on');
  });
});
