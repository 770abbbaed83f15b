import { log } from '@temporalio/activity';
import { attestationKey } from '../src/domain/artifact/attestationKeys.js';
import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import type { ReleaseView } from '../src/domain/release/types.js';
import { encodeJson } from './documents.js';
import type { Ports } from './ports.js';

/** Test results and approvals beside the provenance. A release ends also where nobody can sign: then they are missing. */
export const attestRelease = async (
  { signer, store }: Pick<Ports, 'signer' | 'store'>,
  { model, releaseId, artifactDigest }: ReleaseView,
): Promise<void> => {
  if (artifactDigest === undefined) return;
  try {
    const attestations = await signer.attestRelease({ model, releaseId, artifactDigest });
    for (const [name, envelope] of Object.entries(attestations))
      await store.putDocument(
        attestationKey(model, artifactDigest, releaseId, name),
        encodeJson(envelope),
        'application/json',
      );
  } catch (error) {
    if (!(error instanceof SlipwayError) || error.code === 'store_unreachable') throw error;
    log.warn('test results and approvals are not attested', { releaseId, reason: error.message });
  }
};
