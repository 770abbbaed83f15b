import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { readDocument } from '../../activities/documents.js';
import { createRecordDeployment, type RecordDeploymentInput } from '../../activities/recordDeployment.js';
import type { Digest } from '../../src/domain/artifact/types.js';
import type { Pointer } from '../../src/domain/environment/types.js';
import type { DeployTarget } from '../../src/ports/deployTarget.js';
import { createSleepyStore } from '../fakes/sleepyStore.js';
import { testPorts, type TestPorts } from '../fakes/ports.js';
import { askedBy } from '../fixtures/askedBy.js';

const digest: Digest = `sha256:${'a'.repeat(64)}`;
const key = 'pointers/environments/m/production.json';
const stream = 'environment/m/production';

let ports: TestPorts;
const record = (epoch: number, through = ports.store as TestPorts['store'], into = stream): Promise<void> => {
  const version = { artifactDigest: digest, releaseId: `release/m/${epoch}`, commit: 'c'.repeat(40) };
  const { releaseId } = version;
  const input: RecordDeploymentInput = {
    ...{ model: 'm', environment: 'production', stream: into },
    entry: {
      ...{ requestId: `r${epoch}`, kind: 'release', epoch, version, outcome: 'deployed', by: 'author', reason: '' },
      ...{ startedAt: 1, endedAt: 2 },
    },
    pointer: { model: 'm', environment: 'production', epoch, artifactDigest: digest, releaseId, at: 2 },
  };
  return askedBy(stream).run(createRecordDeployment({ ...ports, store: through }), input) as Promise<void>;
};
const pointedAt = async (): Promise<number | undefined> => (await readDocument<Pointer>(ports.store, key))?.epoch;

beforeEach(() => {
  const target = {
    observe: async () => ({ fence: { epoch: 9, seq: 1 }, versions: [{ artifactDigest: digest }] }),
  } as unknown as DeployTarget;
  ports = testPorts({ target: () => target });
});

describe('the record of a deployment', () => {
  it('is written into the stream of its own environment, whichever one the caller names', async () => {
    await record(1, ports.store, 'environment/m/staging');
    assert.deepEqual(await ports.ledger.read('environment/m/staging'), []);
    assert.equal((await ports.ledger.read(stream)).length, 1);
  });
});

describe('the pointer to what serves', () => {
  it('moves with every deployment', async () => {
    await record(1);
    await record(2);
    assert.equal(await pointedAt(), 2);
  });

  it('is not put back by a worker that woke up after a later deployment', async () => {
    const sleepy = createSleepyStore(ports.store, 'getDocument');
    const late = record(1, sleepy.store as TestPorts['store']);
    await sleepy.asleep;
    await record(2);
    sleepy.wake();
    await late;
    assert.equal(await pointedAt(), 2);
    assert.deepEqual(
      (await ports.ledger.read(stream)).map(({ kind, body }) => [kind, body['epoch']]),
      [
        ['deployment.deployed', 1],
        ['deployment.deployed', 2],
      ],
    );
  });

  for (const forged of ['{"epoch":900}', '{"epoch":"nine"}', 'null', 'no JSON'])
    it(`cannot be nailed down by who can write to the store: ${forged}`, async () => {
      await record(1);
      await ports.store.putDocument(key, new TextEncoder().encode(forged));
      await record(2);
      assert.equal(await pointedAt(), 2);
    });
});
