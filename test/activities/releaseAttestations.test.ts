/** What several releases of the same inputs attest of the one artifact that they made. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MockActivityEnvironment } from '@temporalio/testing';
import { attestRelease } from '../../activities/attestRelease.js';
import { createAttestations } from '../../src/adapters/dsse/attestations.js';
import { attestationKey } from '../../src/domain/artifact/attestationKeys.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import type { ReleaseView } from '../../src/domain/release/types.js';
import { attestedVersion } from '../../src/recovery/attestedVersion.js';
import type { DsseEnvelope, ReleaseRequest } from '../../src/ports/signer.js';
import { testPorts } from '../fakes/ports.js';
import { storeRelease, TRUSTED } from '../fixtures/storedRelease.js';

const envelope = ({ releaseId }: ReleaseRequest): DsseEnvelope => ({
  payloadType: 'test',
  payload: releaseId,
  signatures: [],
});
const openScene = () => {
  const ports = testPorts({
    signer: { attestRelease: async (request: ReleaseRequest) => ({ tests: envelope(request) }) } as never,
    attestations: createAttestations(async () => TRUSTED),
  });
  const attest = (view: object) =>
    new MockActivityEnvironment().run((given: ReleaseView) => attestRelease(ports, given), {
      model: 'ferry',
      ...view,
    } as ReleaseView);
  return { ports, attest };
};

describe('what a release attests at its end', () => {
  it('takes nothing away from what another release attested of the same artifact', async () => {
    const { ports, attest } = openScene();
    const { digest: artifactDigest, releaseId } = await storeRelease(ports.store);
    const before = new Map(ports.store.objects);
    await attest({ releaseId: `${releaseId}.1`, artifactDigest });
    for (const [key, body] of before) assert.deepEqual(ports.store.objects.get(key), body, key);
    assert.ok(ports.store.objects.has(attestationKey('ferry', artifactDigest, `${releaseId}.1`, 'tests')));
  });

  it('may be missing where the signer is away, but not where the store is', async () => {
    const away = (code: 'signer_unreachable' | 'store_unreachable') => {
      const signer = { attestRelease: () => Promise.reject(new SlipwayError(code, 'away')) };
      const ports = testPorts({ signer: signer as never });
      const view = { model: 'ferry', releaseId: 'release/ferry/a', artifactDigest: 'sha256:a' };
      return new MockActivityEnvironment().run(() => attestRelease(ports, view as unknown as ReleaseView));
    };
    await away('signer_unreachable');
    await assert.rejects(away('store_unreachable'), /away/);
  });
});

describe('the version of an artifact', () => {
  it('is of the release that was promoted with it, or of another that made it where that is damaged', async () => {
    const { ports } = openScene();
    const first = await storeRelease(ports.store, { endedAt: 10 });
    const rerun = await storeRelease(ports.store, { rerun: 1, endedAt: 20, outcome: 'cancelled' });
    const { digest } = first;
    const releaseOf = async () => (await attestedVersion(ports, 'ferry', digest))?.releaseId;
    assert.equal(await releaseOf(), first.releaseId);
    ports.store.damage(attestationKey('ferry', digest, first.releaseId, 'provenance'));
    assert.equal(await releaseOf(), rerun.releaseId);
    await ports.store.putDocument(
      attestationKey('ferry', digest, rerun.releaseId, 'provenance'),
      new TextEncoder().encode('null'),
    );
    assert.equal(await releaseOf(), undefined);
  });

  it('is found where all releases still shared one place', async () => {
    const { ports } = openScene();
    const { digest, releaseId, commit } = await storeRelease(ports.store, { shared: true });
    assert.deepEqual(await attestedVersion(ports, 'ferry', digest), { artifactDigest: digest, releaseId, commit });
  });
});
