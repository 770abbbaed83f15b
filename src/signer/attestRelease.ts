import { createHash } from 'node:crypto';
import { approvalStatement, madeBy, testStatement, type RecordedEntry } from '../domain/artifact/releaseStatements.js';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import { decisionFault, isCountedDecision, signedDecision } from '../domain/ledger/judgeDecision.js';
import { ledgerKey } from '../domain/ledger/keys.js';
import { verifyChain, type StoredEntry } from '../domain/ledger/verifyChain.js';
import type { BlobStore } from '../ports/blobStore.js';
import type { DecisionVerifier } from '../ports/decisionKeys.js';
import type { ReleaseAttestations, ReleaseRequest } from '../ports/signer.js';
import { seal } from './envelope.js';
import type { SigningKey } from './keys.js';
import { storedManifest } from './storedManifest.js';

/**
 * Test results and approvals of a release, as the ledger has them: the signer reads them itself, and signs nothing for
 * an artifact that the release did not make, nor a decision that nobody signed.
 */
export const attestRelease = async (
  store: Pick<BlobStore, 'getBlob'>,
  ledger: BlobStore,
  decisions: DecisionVerifier,
  builder: SigningKey,
  { model, releaseId, artifactDigest }: ReleaseRequest,
): Promise<ReleaseAttestations> => {
  const entries = await readChain(ledger, releaseId);
  if (!madeBy(entries, artifactDigest))
    throw new SlipwayError('request_invalid', `the ledger does not say that ${releaseId} made ${artifactDigest}`);
  for (const entry of entries.filter(isCountedDecision)) await assertSigned(decisions, releaseId, entry);
  const manifest = await storedManifest(store, artifactDigest);
  const approval = approvalStatement(model, artifactDigest, entries);
  return {
    tests: seal(builder, testStatement(model, artifactDigest, manifest, entries)),
    ...(approval === undefined ? {} : { approval: seal(builder, approval) }),
  };
};

const assertSigned = async (decisions: DecisionVerifier, stream: string, entry: RecordedEntry): Promise<void> => {
  const fault = decisionFault(stream, entry, await signedDecision(entry, (statement) => decisions.verify(statement)));
  if (fault !== undefined) throw new SlipwayError('ledger_tampered', `${stream} counts a decision, and ${fault}`);
};

const readChain = async (ledger: BlobStore, stream: string): Promise<readonly RecordedEntry[]> => {
  const chain: (StoredEntry & { readonly entry: RecordedEntry })[] = [];
  for (let seq = 1; ; seq += 1) {
    const body = await ledger.getDocument(ledgerKey(stream, seq));
    if (body === undefined) break;
    chain.push({
      digest: `sha256:${createHash('sha256').update(body).digest('hex')}`,
      entry: JSON.parse(new TextDecoder().decode(body)) as StoredEntry['entry'] & RecordedEntry,
    });
  }
  const verdict = verifyChain(stream, chain);
  if (!verdict.ok) throw new SlipwayError('ledger_tampered', `${stream}: ${verdict.reason}`);
  return chain.map(({ entry }) => entry);
};
