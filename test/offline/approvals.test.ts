/** Who let an artifact into production, as somebody sees it who has the artifact and the public keys, and no ledger. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { createDecisionSigner } from '../../src/adapters/decision-keys/decisionSigner.js';
import { createDecisionVerifier } from '../../src/adapters/decision-keys/decisionVerifier.js';
import { decisionKeyFiles } from '../../src/adapters/decision-keys/keyFiles.js';
import type { PublicKeys } from '../../src/adapters/dsse/openEnvelope.js';
import { attestationKey } from '../../src/domain/artifact/attestationKeys.js';
import { approvalStatement, type RecordedEntry } from '../../src/domain/artifact/releaseStatements.js';
import type { DecisionStatement } from '../../src/domain/approval/types.js';
import { createStoredArtifacts } from '../../src/offline/storedArtifacts.js';
import { verifyArtifact } from '../../src/offline/verifyArtifact.js';
import { seal } from '../../src/signer/envelope.js';
import { createMemoryBlobStore } from '../fakes/memoryBlobStore.js';
import { decisionClaims } from '../fixtures/decisionClaims.js';
import { BUILDER, storeRelease, TRUSTED } from '../fixtures/storedRelease.js';

const folder = mkdtempSync(join(tmpdir(), 'slipway-approvals-'));
after(() => rmSync(folder, { recursive: true }));

const files = decisionKeyFiles(join(folder, 'keys'));
const people = await createDecisionSigner(files);
const stranger = await createDecisionSigner(decisionKeyFiles(join(folder, 'stranger')));
const KEYS: PublicKeys = [
  ...TRUSTED,
  ...(await createDecisionVerifier(files).keys()).map((key) => ({ ...key, role: 'decision' as const })),
];

interface Decided {
  /** What is signed, where it is something else than what the ledger says. */
  readonly claims?: Partial<DecisionStatement>;
  /** What the ledger says, where it is something else than what was signed. */
  readonly body?: Readonly<Record<string, unknown>>;
  readonly by?: typeof people;
}

/** A stored artifact with an approval in a sound envelope of the builder's. */
const openScene = async (decided: readonly Decided[], keys = KEYS) => {
  const store = createMemoryBlobStore();
  const { digest, releaseId } = await storeRelease(store);
  const entries: RecordedEntry[] = [];
  for (const { claims = {}, body = {}, by = people } of decided) {
    const made = decisionClaims({ workflowId: releaseId, model: 'ferry', artifactDigest: digest, ...claims });
    const said = { environment: 'production', artifactDigest: digest, evidenceDigest: made.evidenceDigest };
    const person = { counted: true, jti: made.jti, subject: 'reviewer', decision: 'approve', reason: '' };
    entries.push({ kind: 'decision', at: 1, body: { ...person, ...said, statement: await by.sign(made), ...body } });
  }
  const statement = approvalStatement('ferry', digest, entries) ?? assert.fail('nobody was asked');
  const key = attestationKey('ferry', digest, releaseId, 'approval');
  await store.putDocument(key, new TextEncoder().encode(JSON.stringify(seal(BUILDER, statement))));
  const { checks } = await verifyArtifact(await createStoredArtifacts(store).open(digest), keys);
  return checks.filter(({ what }) => /^(attestation approval|decision)/.test(what));
};

describe('the approvals of an artifact', () => {
  it('verify where each was signed by its person, for exactly this artifact', async () => {
    const second = { jti: 'decision-0002', sub: 'oncall' };
    const checks = await openScene([{}, { claims: second, body: { subject: 'oncall' } }]);
    assert.deepEqual(
      checks.map(({ what, ok }) => [what, ok]),
      [
        ['attestation approval', true],
        ['decision 1', true],
        ['decision 2', true],
      ],
    );
    assert.equal(checks[2]?.detail, 'oncall signed approve for production');
  });

  const FAULTS: readonly (readonly [string, Decided, RegExp])[] = [
    ['somebody else signed it', { by: stranger }, /no decision key that is trusted signed it/],
    ['nobody signed it', { body: { statement: '' } }, /no decision key that is trusted signed it/],
    ['another artifact was approved', { claims: { artifactDigest: `sha256:${'9'.repeat(64)}` } }, /artifact is /],
    ['another person signed it', { body: { subject: 'director' } }, /subject is director, signed was reviewer/],
    ['it was for another environment', { claims: { env: 'staging' } }, /environment is production, signed was staging/],
    ['it was a rejection', { claims: { decision: 'reject' } }, /decision is approve, signed was reject/],
    ['other evidence was shown', { body: { evidenceDigest: `sha256:${'8'.repeat(64)}` } }, /evidence is /],
    ['another model was decided on', { claims: { model: 'train' } }, /not on ferry/],
    ['another reason was given', { body: { reason: 'it looked fine' } }, /its reason is not the one that was signed/],
  ];
  for (const [name, decided, why] of FAULTS)
    it(`do not verify in a sound envelope where ${name}`, async () => {
      const [envelope, first, second] = await openScene([{}, decided]);
      assert.deepEqual([envelope?.ok, first?.ok, second?.ok], [true, true, false]);
      assert.match(second?.detail ?? '', why);
    });

  it('do not verify with the keys of the signer alone', async () => {
    const [envelope, first] = await openScene([{}], TRUSTED);
    assert.deepEqual([envelope?.ok, first?.ok], [true, false]);
  });
});
