import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createRecordDeployment } from '../../activities/recordDeployment.js';
import { createRecoverEnvironment, type RecoveredEnvironment } from '../../activities/recoverEnvironment.js';
import type { DeploymentEntry } from '../../src/domain/environment/types.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import type { DeployTarget } from '../../src/ports/deployTarget.js';
import { testPorts } from '../fakes/ports.js';
import { askedBy } from '../fixtures/askedBy.js';

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

/** The first letter serves. */
const served = (epoch: number, ...letters: readonly string[]): DeployTarget =>
  ({
    observe: async () => ({
      fence: { epoch, seq: 2 },
      versions: letters.map((letter, index) => ({
        artifactDigest: version(letter).artifactDigest,
        weight: index === 0 ? 100 : 0,
        role: index === 0 ? 'champion' : 'candidate',
      })),
    }),
  }) as unknown as DeployTarget;

const ports = testPorts({
  target: () => served(7, 'b'),
});
/** While it was deployed, the target had each of them: else it is not recorded (deploymentAuthority.test.ts). */
const recordIn = (given: typeof ports) => {
  const record = createRecordDeployment({ ...given, target: () => served(1, 'b', 'a') });
  return (input: Parameters<typeof record>[0]): Promise<void> =>
    askedBy(`environment/${input.model}/${input.environment}`).run(record, input) as Promise<void>;
};

const about = { model: 'm', environment: 'production', stream };
/** As the first activity of one run of the arbiter. */
const recoverIn = (runId: string, given = ports): Promise<RecoveredEnvironment> =>
  askedBy(stream, runId).run(createRecoverEnvironment(given), about);

describe('recordDeployment and recoverEnvironment', () => {
  it('brings back champion, previous and history, one epoch above every one that ledger or target know', async () => {
    const record = recordIn(ports);
    const entries = [entry(1, 'a', 'deployed'), entry(2, 'b', 'deployed'), entry(3, 'c', 'rolled_back')];
    for (const one of entries) await record({ ...about, entry: one });
    assert.deepEqual(await recoverIn('first'), {
      epoch: 8,
      champion: version('b'),
      previous: version('a'),
      history: entries.reverse(),
    });
  });

  it('writes down that it did, once per start, and begins higher at the next one', async () => {
    const cut = {
      ...ports,
      failpoint: () => {
        throw new Error('killed here');
      },
    };
    await assert.rejects(recoverIn('second', cut), /killed here/);
    assert.equal((await recoverIn('second')).epoch, 9);
    assert.equal((await recoverIn('third')).epoch, 10);
    const written = (await ports.ledger.read(stream)).filter(({ kind }) => kind === 'environment.recovered');
    assert.deepEqual(
      written.map(({ body }) => [body['epoch'], body['championFrom'], body['seen'], body['disagreements']]),
      [
        [8, 'ledger', { ledger: 3, target: 7 }, ['there is no pointer: the ledger names bbbbbbbbbbbb']],
        [
          9,
          'ledger',
          { ledger: 8, target: 7 },
          [
            'there is no pointer: the ledger names bbbbbbbbbbbb',
            'the target was told last in epoch 7, the ledger knows of 8: the higher one counts',
          ],
        ],
        [
          10,
          'ledger',
          { ledger: 9, target: 7 },
          [
            'there is no pointer: the ledger names bbbbbbbbbbbb',
            'the target was told last in epoch 7, the ledger knows of 9: the higher one counts',
          ],
        ],
      ],
    );
  });

  it('writes it into the stream of its own environment, whichever one the caller names', async () => {
    const input = { ...about, environment: 'staging' };
    await askedBy('environment/m/staging').run(createRecoverEnvironment(ports), input);
    const written = (await ports.ledger.read('environment/m/staging')).map(({ kind }) => kind);
    assert.deepEqual(written, ['environment.recovered']);
  });

  it('waits for a target that does not answer, and writes nothing where nothing was ever deployed', async () => {
    const silent = testPorts({
      target: () =>
        ({
          observe: () => Promise.reject(new SlipwayError('target_unreachable', 'no answer')),
        }) as unknown as DeployTarget,
    });
    await assert.rejects(recoverIn('silent', silent), /no answer/);
    const empty = testPorts({ target: () => ({ observe: async () => undefined }) as unknown as DeployTarget });
    assert.deepEqual(await recoverIn('empty', empty), { epoch: 0 });
    assert.deepEqual(await empty.ledger.read(stream), []);
  });

  it('writes an epoch once, though it is told twice', async () => {
    await recordIn(ports)({
      model: 'm',
      environment: 'production',
      stream,
      entry: entry(3, 'c', 'rolled_back'),
    });
    const kinds = (await ports.ledger.read(stream)).map(({ kind }) => kind);
    assert.equal(kinds.filter((kind) => kind.startsWith('deployment.')).length, 3);
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
    await assert.rejects(recordIn(failing)(input), /killed here/);
    assert.equal(await ports.store.getDocument('pointers/environments/m/other.json'), undefined);
    assert.equal((await ports.ledger.read('environment/m/other')).length, 1);
    await recordIn(ports)(input);
    assert.ok(await ports.store.getDocument('pointers/environments/m/other.json'));
    assert.equal((await ports.ledger.read('environment/m/other')).length, 1);
  });
});
