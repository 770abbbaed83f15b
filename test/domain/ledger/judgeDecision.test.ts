import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decisionFault } from '../../../src/domain/ledger/judgeDecision.js';
import { decisionClaims } from '../../fixtures/decisionClaims.js';

const RELEASE = 'release/m/c';
const artifactDigest = `sha256:${'a'.repeat(64)}` as const;
const claims = decisionClaims({ workflowId: RELEASE, model: 'm', artifactDigest });
const body = {
  subject: claims.sub,
  decision: claims.decision,
  environment: claims.env,
  artifactDigest,
  evidenceDigest: claims.evidenceDigest,
  jti: claims.jti,
};

describe('the entry of a decision', () => {
  it('is what was signed in every part', () => {
    assert.equal(decisionFault(RELEASE, { body }, claims), undefined);
    assert.match(decisionFault(RELEASE, { body }, undefined) ?? '', /no decision key/);
    assert.match(decisionFault('release/m/d', { body }, claims) ?? '', /^release is /);
    assert.match(decisionFault(RELEASE, { body }, { ...claims, gate: 'approve.staging' }) ?? '', /^gate is /);
    for (const [name, told] of [
      ['subject', 'subject'],
      ['decision', 'decision'],
      ['artifactDigest', 'artifact'],
      ['evidenceDigest', 'evidence'],
      ['jti', 'jti'],
    ] as const) {
      const fault = decisionFault(RELEASE, { body: { ...body, [name]: 'other' } }, claims);
      assert.match(fault ?? '', new RegExp(`^${told} is other, signed was [^;]+$`));
    }
  });
});
