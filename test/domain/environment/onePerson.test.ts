/** What the target counts of what was signed: one person once, and nobody whose approval lapsed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DecisionStatement } from '../../../src/domain/approval/types.js';
import type { Digest } from '../../../src/domain/artifact/types.js';
import { judgeApproval, type Authority } from '../../../src/domain/environment/deploymentAuthority.js';

const HOUR = 3_600_000;
const digest: Digest = `sha256:${'a'.repeat(64)}`;
const subject = {
  ...{ workflowId: 'release/m/c', model: 'm', env: 'production', gate: 'approve.production', epoch: 0 },
  ...{ artifactDigest: digest, evidenceDigest: digest, policyDigest: digest, planDigest: digest, inputsDigest: digest },
};
type Known = Parameters<typeof judgeApproval>[0]['identities'][number];

const identities: readonly Known[] = [
  { name: 'alice', roles: ['reviewer'], deputies: ['bob-ops', 'dan'] },
  { name: 'bob', roles: ['reviewer'] },
  { name: 'bob-ops', roles: [], person: 'bob' },
  { name: 'carol', roles: ['reviewer'], deputies: ['dan-dev'] },
  { name: 'dan', roles: [] },
  { name: 'dan-dev', roles: [], person: 'dan' },
  { name: 'erin-lead', roles: ['lead'], person: 'erin' },
  { name: 'erin', roles: [] },
];

type Said = Pick<DecisionStatement, 'sub' | 'decision'> & {
  readonly inPlaceOf?: string;
  readonly to?: string;
  /** The statement of an earlier one, by its place in the line. */
  readonly repeats?: number;
};
interface Lapse {
  readonly lapsed: number;
}

/** Everything is said after so long that deputies and those called in may decide. */
const judged = (
  told: readonly (Said | Lapse)[],
  now: readonly (typeof identities)[number][] = identities,
): Authority => {
  const signed = new Map<number, DecisionStatement>();
  const entries = told.map((one, index) => {
    const [seq, at] = [index + 1, 48 * HOUR];
    if ('lapsed' in one) return { seq, at, kind: 'decision.lapsed', body: { jti: `j${one.lapsed}` } };
    const { sub, decision, inPlaceOf, to, repeats } = one;
    const jti = `j${repeats ?? index}`;
    const roles = now.find(({ name }) => name === sub)?.roles ?? [];
    const claims = {
      ...subject,
      iss: 'slipway',
      aud: 'test',
      sub,
      roles,
      iat: 0,
      exp: 900,
      jti,
      decision,
      reason: 'x',
      ...(to === undefined ? {} : { to }),
    };
    signed.set(seq, claims as DecisionStatement);
    const body = { jti, subject: sub, decision, reason: 'x', counted: true, environment: 'production' };
    const about = { artifactDigest: digest, evidenceDigest: digest };
    return {
      seq,
      at,
      kind: 'decision',
      body: {
        ...body,
        ...about,
        ...(to === undefined ? {} : { to }),
        ...(inPlaceOf === undefined ? {} : { inPlaceOf }),
      },
    };
  });
  return judgeApproval({
    version: { artifactDigest: digest, releaseId: 'release/m/c', commit: 'c' },
    ...{ model: 'm', environment: 'production', policyDigest: digest, audience: 'test', identities: now },
    authorship: { authors: ['author'], unknown: [], trigger: '' },
    approval: {
      ...{ kind: 'required', roles: ['reviewer'], quorum: 2, remindAfterMs: HOUR, expireAfterMs: 90 * HOUR },
      ...{ delegateAfterMs: HOUR, escalateAfterMs: HOUR, escalateTo: ['lead'], escalateDecides: true },
    },
    entries: [{ seq: 0, kind: 'approval.asked', at: 0, body: subject }, ...entries],
    signed,
  });
};

const approves = (sub: string, inPlaceOf?: string): Said => ({
  ...{ sub, decision: 'approve' },
  ...(inPlaceOf === undefined ? {} : { inPlaceOf }),
});

test('two people let a version in, also one of them in the place of a third', () => {
  assert.equal(judged([approves('bob'), approves('carol')]).kind, 'authorised');
  assert.equal(judged([approves('bob'), approves('dan', 'alice')]).kind, 'authorised');
});

test('one person is one of the two, as whom and in whose place they ever sign', () => {
  for (const told of [
    [approves('bob'), approves('bob-ops', 'alice')],
    [approves('bob-ops', 'alice'), approves('bob')],
    [approves('dan', 'alice'), approves('dan-dev', 'carol')],
  ])
    assert.equal(judged(told).kind, 'unauthorised', JSON.stringify(told));
  const both = identities.map((one) => (one.name === 'alice' ? { ...one, deputies: ['erin'] } : one));
  assert.equal(judged([approves('erin-lead'), approves('erin', 'alice')], both).kind, 'unauthorised');
});

test('an approval that lapsed is void, also where who gave it may decide again', () => {
  assert.equal(judged([approves('bob'), { lapsed: 0 }, approves('carol')]).kind, 'unauthorised');
  assert.equal(judged([approves('bob'), approves('carol'), { lapsed: 1 }]).kind, 'unauthorised');
  assert.equal(judged([approves('bob'), { lapsed: 0 }, approves('carol'), approves('bob')]).kind, 'authorised');
});

test('nobody takes a word against a version away by an entry which says that it lapsed', () => {
  const two = [approves('bob'), approves('carol')];
  assert.equal(judged([{ sub: 'alice', decision: 'reject' }, { lapsed: 0 }, ...two]).kind, 'unauthorised');
  assert.equal(judged([{ sub: 'alice', decision: 'request-changes' }, { lapsed: 0 }, ...two]).kind, 'unauthorised');
});

test('what somebody took back stays taken back when they lost the role that they did it with', () => {
  const told: readonly Said[] = [approves('bob'), { sub: 'bob-ops', decision: 'request-changes' }, approves('carol')];
  const reviewing = identities.map((one) => (one.name === 'bob-ops' ? { ...one, roles: ['reviewer'] } : one));
  assert.equal(judged(told, reviewing).kind, 'unauthorised');
  assert.equal(judged(told).kind, 'unauthorised', 'the approval before does not stand again');
});

test('a statement that is written down twice was said once, and what came in between stands', () => {
  for (const decision of ['withdraw', 'reject', 'request-changes'] as const) {
    const told: readonly Said[] = [approves('bob'), approves('carol'), { sub: 'carol', decision }];
    assert.equal(judged(told).kind, 'unauthorised');
    assert.equal(judged([...told, { ...approves('carol'), repeats: 1 }]).kind, 'unauthorised', decision);
    assert.equal(judged([...told, approves('carol')]).kind, 'authorised', 'their next word');
  }
});

test('an objection in the place of somebody stays, however that place was lost; an approval does not', () => {
  const [carol, bob] = [approves('carol'), approves('bob')];
  const handed: Said = { sub: 'alice', decision: 'delegate', to: 'frank' };
  const withFrank = [...identities, { name: 'frank', roles: [] }];
  const left = withFrank.filter(({ name }) => name !== 'alice');
  const demoted = withFrank.map((one) => (one.name === 'alice' ? { ...one, roles: [] } : one));
  for (const decision of ['reject', 'request-changes'] as const) {
    const objects: Said = { sub: 'frank', decision, inPlaceOf: 'alice' };
    assert.equal(judged([handed, objects, carol, bob], withFrank).kind, 'unauthorised', 'while it is theirs');
    assert.equal(judged([handed, objects, { lapsed: 0 }, carol, bob], withFrank).kind, 'unauthorised', 'lapsed');
    assert.equal(judged([handed, objects, carol, bob], left).kind, 'unauthorised', 'left');
    assert.equal(judged([handed, objects, carol, bob], demoted).kind, 'unauthorised', 'lost the role');
  }
  const stands = approves('frank', 'alice');
  assert.equal(judged([handed, stands, carol], withFrank).kind, 'authorised');
  assert.equal(judged([handed, stands, carol], left).kind, 'unauthorised');
  const rejects: Said = { sub: 'carol', decision: 'reject' };
  const over: Said = { sub: 'frank', decision: 'request-changes', inPlaceOf: 'carol' };
  const rejected = judged([rejects, over, bob, approves('alice')], withFrank);
  assert.match(rejected.kind === 'unauthorised' ? rejected.reason : '', /carol rejected/, 'it takes nothing back');
});
