/** Whoever decides because others were silent: what the target makes of it, by what was signed and recorded. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DecisionStatement } from '../../../src/domain/approval/types.js';
import type { Digest } from '../../../src/domain/artifact/types.js';
import { judgeApproval } from '../../../src/domain/environment/deploymentAuthority.js';

const HOUR = 3_600_000;
const digest: Digest = `sha256:${'a'.repeat(64)}`;
const version = { artifactDigest: digest, releaseId: 'release/m/c', commit: 'c' };
const subject = {
  ...{ workflowId: 'release/m/c', model: 'm', env: 'production', gate: 'approve.production', epoch: 0 },
  ...{ artifactDigest: digest, evidenceDigest: digest, policyDigest: digest, planDigest: digest, inputsDigest: digest },
};
const identities = [
  { name: 'away', roles: ['reviewer'], deputies: ['deputy'] },
  { name: 'deputy', roles: [] },
  { name: 'other', roles: [] },
  { name: 'lead', roles: ['lead'] },
];

interface Decided {
  readonly sub: string;
  readonly after: number;
  readonly roles?: readonly string[];
  readonly person?: string;
  readonly now?: typeof identities;
  readonly policy?: object;
  /** Who handed their place to whom before, as it was signed and as the entry says. */
  readonly handed?: { readonly by: string; readonly to: string; readonly entry?: string };
  readonly takenBack?: boolean;
  /** Who counts as an author when the target looks. */
  readonly wrote?: string;
  /** What the stream has from long before people were asked. */
  readonly longAgo?: readonly { readonly kind: string; readonly body: object }[];
}

const judged = ({
  sub,
  after,
  roles = [],
  person,
  now = identities,
  policy = {},
  handed,
  takenBack,
  wrote = 'author',
  longAgo = [],
}: Decided): string => {
  const claims: DecisionStatement = {
    ...subject,
    ...{ iss: 'slipway', aud: 'test', sub, roles, iat: 0, exp: 900, jti: 'j', decision: 'approve', reason: '' },
  };
  const body = {
    ...{ jti: 'j', subject: sub, decision: 'approve', reason: '', counted: true, environment: 'production' },
    ...{ artifactDigest: digest, evidenceDigest: digest },
    ...(person === undefined ? {} : { person, inPlaceOf: person }),
  };
  const own = (seq: number, by: string, decision: 'delegate' | 'withdraw', to?: string, entry = to) => ({
    claims: {
      ...{ ...claims, sub: by, roles: ['reviewer'], jti: `own${seq}`, decision },
      ...(to === undefined ? {} : { to }),
    },
    entry: {
      ...{ seq, kind: 'decision', at: 0 },
      body: { ...body, jti: `own${seq}`, subject: by, decision, person: undefined, inPlaceOf: undefined, to: entry },
    },
  });
  const before = [
    ...(handed === undefined ? [] : [own(1, handed.by, 'delegate', handed.to, handed.entry)]),
    ...(takenBack === true ? [own(2, handed?.by ?? '', 'withdraw')] : []),
  ];
  return judgeApproval({
    ...{ model: 'm', version, environment: 'production', policyDigest: digest, audience: 'test', identities: now },
    authorship: { authors: [wrote], unknown: [], trigger: '' },
    approval: {
      ...{ kind: 'required', roles: ['reviewer'], quorum: 1, remindAfterMs: HOUR, expireAfterMs: 90 * HOUR },
      ...{ delegateAfterMs: 8 * HOUR, escalateAfterMs: 24 * HOUR, escalateTo: ['lead'], escalateDecides: true },
      ...policy,
    },
    entries: [
      ...longAgo.map((one, at) => ({ seq: at - longAgo.length, at: -99 * HOUR, ...one, body: { ...one.body } })),
      { seq: 0, kind: 'approval.asked', at: 0, body: subject },
      ...before.map(({ entry }) => entry),
      { seq: 3, kind: 'decision', at: after, body },
    ],
    signed: new Map([...before.map((one) => [one.entry.seq, one.claims] as const), [3, claims] as const]),
  }).kind;
};

test('a deputy is let in once the place may have been given, by whom the operator names now', () => {
  const deputy = { sub: 'deputy', person: 'away', after: 8 * HOUR };
  assert.equal(judged(deputy), 'authorised');
  assert.equal(judged({ ...deputy, after: 7 * HOUR }), 'unauthorised', 'no calendar is faster than the clock');
  assert.equal(judged({ ...deputy, sub: 'other' }), 'unauthorised');
  assert.equal(judged({ ...deputy, person: 'other' }), 'unauthorised');
  assert.equal(judged({ sub: 'deputy', after: 8 * HOUR }), 'unauthorised', 'in the place of nobody');
  assert.equal(judged({ ...deputy, now: identities.map((one) => ({ ...one, roles: [] })) }), 'unauthorised');
  assert.equal(judged({ ...deputy, policy: { delegateAfterMs: undefined } }), 'unauthorised');
});

test('what was judged more than a week after its deadline does not count: nobody uses a printed word months later', () => {
  const deadline = 0.25 * HOUR;
  const own = { sub: 'away', roles: ['reviewer'] };
  assert.equal(judged({ ...own, after: 7 * 24 * HOUR + deadline }), 'authorised', 'workers may be away for days');
  assert.equal(judged({ ...own, after: 7 * 24 * HOUR + deadline + 1 }), 'unauthorised');
});

test('who was called because nobody decided is let in from then on, where the policy lets them decide', () => {
  const lead = { sub: 'lead', roles: ['lead'], after: 24 * HOUR };
  assert.equal(judged(lead), 'authorised');
  assert.equal(judged({ ...lead, after: 23 * HOUR }), 'unauthorised');
  assert.equal(
    judged({ ...lead, now: identities.filter(({ name }) => name !== 'lead') }),
    'unauthorised',
    'who left since',
  );
  assert.equal(judged({ ...lead, policy: { escalateDecides: undefined } }), 'unauthorised');
});

test('who was handed a place is let in at once, by what its owner signed', () => {
  const other = { sub: 'other', person: 'away', after: 0, handed: { by: 'away', to: 'other' } };
  assert.equal(judged(other), 'authorised');
  assert.equal(judged({ ...other, takenBack: true }), 'unauthorised');
  assert.equal(judged({ ...other, handed: { by: 'away', to: 'deputy' } }), 'unauthorised', 'to somebody else');
  assert.equal(
    judged({ ...other, handed: { by: 'away', to: 'deputy', entry: 'other' } }),
    'unauthorised',
    'the entry says another than was signed',
  );
  assert.equal(judged({ ...other, handed: { by: 'deputy', to: 'other' } }), 'unauthorised', 'no place to hand over');
  const changed = (name: string, change: object) =>
    identities.map((one) => (one.name === name ? { ...one, ...change } : one));
  assert.equal(judged({ ...other, now: changed('away', { roles: [] }) }), 'unauthorised');
  assert.equal(judged({ ...other, now: changed('other', { kind: 'service' }) }), 'unauthorised');
  const revoked = { revoked: { reason: 'left', since: 0 } };
  assert.equal(judged({ ...other, now: changed('other', revoked) }), 'unauthorised', 'who takes it is asked, too');
});

test('nobody stands in who counts as an author when the target looks, nor in the place of an author', () => {
  const deputy = { sub: 'deputy', person: 'away', after: 8 * HOUR };
  for (const wrote of ['deputy', 'away']) assert.equal(judged({ ...deputy, wrote }), 'unauthorised', wrote);
  assert.equal(judged({ sub: 'lead', roles: ['lead'], after: 24 * HOUR, wrote: 'lead' }), 'unauthorised');
});

test('nobody is called in sooner because people were asked at another gate, or in an earlier telling of the release', () => {
  const early = { sub: 'deputy', person: 'away', after: HOUR };
  const asked = { kind: 'approval.asked', body: subject };
  const elsewhere = { kind: 'approval.asked', body: { ...subject, env: 'staging', gate: 'approve.staging' } };
  assert.equal(judged({ ...early, longAgo: [asked] }), 'authorised', 'they have time from when they were asked first');
  assert.equal(judged({ ...early, longAgo: [elsewhere] }), 'unauthorised');
  for (const kind of ['release.ended', 'release.resumed'])
    assert.equal(judged({ ...early, longAgo: [asked, { kind, body: {} }] }), 'unauthorised', kind);
  assert.equal(judged({ ...early, after: 8 * HOUR, longAgo: [elsewhere] }), 'authorised');
});
