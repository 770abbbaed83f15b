import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createRecordDeployment } from '../../activities/recordDeployment.js';
import { createRecoverEnvironment } from '../../activities/recoverEnvironment.js';
import type { DeploymentEntry } from '../../src/domain/environment/types.js';
import type { DeployTarget } from '../../src/ports/deployTarget.js';
import { testPorts } from '../fakes/ports.js';

const stream = 'environment/m/production';
const version = (letter: string) => ({
  artifactDigest: `sha256:${letter.repeat(64)}` as const,
  releaseId: `release/m/${letter}`,
  commit: letter.repeat(40),
});
const entry = (epoch: number, letter: string, outcome: DeploymentEntry['outcome']): DeploymentEntry => ({
  requestId: `r${epoch}`,
  kind: 'release',
  epoch,
  version: version(letter),
  outcome,
  by: 'author',
  reason: '',
  startedAt: epoch,
  endedAt: epoch + 1,
});

const ports = testPorts({
  target: () => ({ observe: async () => ({ fence: { epoch: 7, seq: 2 } }) }) as unknown as DeployTarget,
});

describe('recordDeployment and recoverEnvironment', () => {
  it('brings back champion, previous and the highest epoch that ledger or target know', async () => {
    const record = createRecordDeployment(ports);
    const about = { model: 'm', environment: 'production', stream };
    await record({ ...about, entry: entry(1, 'a', 'deployed') });
    await record({ ...about, entry: entry(2, 'b', 'deployed') });
    await record({ ...about, entry: entry(3, 'c', 'rolled_back') });
    assert.deepEqual(await createRecoverEnvironment(ports)(about), {
      epoch: 7,
      champion: version('b'),
      previous: version('a'),
    });
  });

  it('writes an epoch once, though it is told twice', async () => {
    await createRecordDeployment(ports)({
      model: 'm',
      environment: 'production',
      stream,
      entry: entry(3, 'c', 'rolled_back'),
    });
    assert.deepEqual(
      (await ports.ledger.read(stream)).map((written) => written.seq),
      [1, 2, 3],
    );
  });

  it('writes the pointer after the ledger', async () => {
    const failing = {
      ...ports,
      failpoint: () => {
        throw new Error('killed here');
      },
    };
    const pointer = {
      model: 'm',
      environment: 'other',
      epoch: 1,
      artifactDigest: version('a').artifactDigest,
      releaseId: 'r',
      at: 1,
    };
    const input = {
      model: 'm',
      environment: 'other',
      stream: 'environment/m/other',
      entry: entry(1, 'a', 'deployed'),
      pointer,
    };
    await assert.rejects(createRecordDeployment(failing)(input), /killed here/);
    assert.equal(await ports.store.getDocument('pointers/environments/m/other.json'), undefined);
    assert.equal((await ports.ledger.read('environment/m/other')).length, 1);
    await createRecordDeployment(ports)(input);
    assert.ok(await ports.store.getDocument('pointers/environments/m/other.json'));
    assert.equal((await ports.ledger.read('environment/m/other')).length, 1);
  });
});
