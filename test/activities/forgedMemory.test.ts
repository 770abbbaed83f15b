/** What an arbiter that starts anew makes of a store that somebody else could write to. */
import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { createRecoverEnvironment, type RecoveredEnvironment } from '../../activities/recoverEnvironment.js';
import { assertMayRun } from '../../activities/versionAuthority.js';
import { createAttestations } from '../../src/adapters/dsse/attestations.js';
import { attestationKey } from '../../src/domain/artifact/attestationKeys.js';
import type { Digest } from '../../src/domain/artifact/types.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import { createMemoryDeployTarget, type MemoryDeployTarget } from '../fakes/memoryDeployTarget.js';
import { testPorts, type TestPorts } from '../fakes/ports.js';
import { storeRelease, TRUSTED, type StoredRelease } from '../fixtures/storedRelease.js';
import { askedBy } from '../fixtures/askedBy.js';

const about = { model: 'ferry', environment: 'production', stream: 'environment/ferry/production' };
const spec = (approval: object) => ({ model: 'ferry', environments: [{ name: 'production', approval }] });
const REVIEWED = { kind: 'required', roles: ['reviewer'], quorum: 1, remindAfterMs: 1, expireAfterMs: 2 };

let target: MemoryDeployTarget;
let ports: TestPorts;
let starts = 0;

const put = (key: string, value: unknown) =>
  ports.store.putDocument(key, new TextEncoder().encode(JSON.stringify(value)));
const provenanceOf = ({ digest, releaseId }: StoredRelease) => attestationKey('ferry', digest, releaseId, 'provenance');
const point = ({ digest, releaseId }: StoredRelease, epoch: number) =>
  put('pointers/environments/ferry/production.json', { ...about, epoch, artifactDigest: digest, releaseId, at: 1 });
const released = (letter: string, approval: object = REVIEWED): Promise<StoredRelease> =>
  storeRelease(ports.store, { commit: letter.repeat(40), weights: letter, spec: spec(approval) });
const deployed = (epoch: number, { digest: artifactDigest, releaseId, commit }: StoredRelease) =>
  ports.ledger.append(about.stream, `${epoch}`, 'deployment.deployed', 1, {
    ...{ epoch, kind: 'release', outcome: 'deployed', version: { artifactDigest, releaseId, commit } },
  });
const serve = async ({ digest: artifactDigest, releaseId, commit }: StoredRelease, epoch: number) => {
  target.add(artifactDigest);
  await target.apply({
    ...{ model: 'ferry', environment: 'production', fence: { epoch, seq: 1 } },
    versions: [{ artifactDigest, releaseId, commit, weight: 100, role: 'champion' }],
  });
};
const begin = (): Promise<RecoveredEnvironment> =>
  askedBy(about.stream, `run-${(starts += 1)}`).run(createRecoverEnvironment(ports), about);
const mayRun = async ({ digest: artifactDigest, releaseId, commit }: StoredRelease): Promise<boolean> => {
  try {
    await assertMayRun(ports, about, { artifactDigest, releaseId, commit });
    return true;
  } catch (error) {
    if (error instanceof SlipwayError && error.code === 'deployment_unauthorised') return false;
    throw error;
  }
};
const championOf = ({ champion }: RecoveredEnvironment): Digest | undefined => champion?.artifactDigest;

describe('a pointer that somebody overwrote', () => {
  beforeEach(() => {
    target = createMemoryDeployTarget();
    ports = testPorts({ target: () => target, attestations: createAttestations(async () => TRUSTED) });
  });

  it('makes nothing champion that nobody approved, now or once what it took for that is put back', async () => {
    const [champion, evil] = [await released('c'), await released('e')];
    await deployed(1, champion);
    await serve(champion, 1);
    const provenance = (await ports.store.getDocument(provenanceOf(champion)))!;
    await point(evil, 6);
    await put(provenanceOf(champion), {});
    assert.equal(championOf(await begin()), champion.digest);
    const [entry] = (await ports.ledger.read(about.stream)).filter(({ kind }) => kind === 'environment.recovered');
    assert.match(String(entry?.body['disagreements']), /the pointer is newer, and does not count: .*may not run/);
    await point(champion, 1);
    await ports.store.putDocument(provenanceOf(champion), provenance);
    assert.equal(championOf(await begin()), champion.digest);
    assert.equal(await mayRun(evil), false);
    assert.equal(await mayRun(champion), true, 'what was deployed may come back');
  });

  it('is believed where its version may run there: then the ledger is an older copy', async () => {
    const [older, newer] = [await released('c'), await released('d', { kind: 'none' })];
    await deployed(1, older);
    await point(newer, 4);
    const { champion, previous, epoch } = await begin();
    assert.deepEqual([champion?.artifactDigest, previous?.artifactDigest, epoch], [newer.digest, older.digest, 5]);
  });
});

describe('what serves and is not on record', () => {
  beforeEach(() => {
    target = createMemoryDeployTarget();
    ports = testPorts({ target: () => target, attestations: createAttestations(async () => TRUSTED) });
  });

  it('is champion, and may come back, by the provenance that our builder signed', async () => {
    const [recorded, serving] = [await released('c'), await released('d')];
    await deployed(1, recorded);
    await serve(serving, 2);
    const { champion, previous } = await begin();
    assert.deepEqual(
      [champion, previous?.artifactDigest],
      [{ artifactDigest: serving.digest, releaseId: serving.releaseId, commit: serving.commit }, recorded.digest],
    );
    assert.equal(await mayRun(serving), true);
  });

  it('is of no release that only an unsigned paper names', async () => {
    const [recorded, serving] = [await released('c'), await released('d')];
    await deployed(1, recorded);
    await serve(serving, 2);
    const envelope = JSON.parse(new TextDecoder().decode((await ports.store.getDocument(provenanceOf(serving)))!)) as {
      payload: string;
    };
    const payload = Buffer.from(
      Buffer.from(envelope.payload, 'base64').toString('utf8').replaceAll('d'.repeat(40), 'e'.repeat(40)),
    ).toString('base64');
    for (const paper of [{ ...envelope, payload }, { ...envelope, signatures: 1 }, {}, null, 'words']) {
      await put(provenanceOf(serving), paper);
      assert.equal(championOf(await begin()), recorded.digest, JSON.stringify(paper));
    }
  });
});
