/** Who is asked once more when a server died: judged by played servers, each of which ends with what it is asked. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Role } from '../../src/domain/rollout/types.js';
import type { Deployment } from '../../src/serving-node/deployment.js';
import type { Replica } from '../../src/serving-node/replica.js';
import { createForwarder } from '../../src/serving-node/route/forward.js';
import type { Running } from '../../src/serving-node/running.js';

const QUESTION = { method: 'POST', path: '/', headers: '', body: Buffer.from('{}'), timeoutMs: 1_000 };

/** One version of so many processes; whom it loses is written down. */
const versionThatDies = (role: Role, weight: number, processes: number, lost: string[]): Running => {
  const outcome = { answered: () => undefined, lost: () => lost.push(role), givenUp: () => undefined, decides: false };
  const replicas = Array.from({ length: processes }, () => {
    const one = {
      ready: true,
      ask: () => outcome,
      exchange: () => ({ send: () => ((one.ready = false), Promise.reject(new Error('it ended'))) }),
      process: { suspect: () => undefined },
    };
    return one;
  }) as unknown as readonly Replica[];
  return {
    ...{ role, weight, replicas, version: role, retiring: false, lost: 0 },
    get ready() {
      return replicas.some(({ ready }) => ready);
    },
    load: { begin: () => undefined, end: () => undefined, refused: 0 },
    choose: (last?: Replica) => replicas.find((one) => one !== last && one.ready),
    comesWithin: () => false,
    released: () => undefined,
  } as unknown as Running;
};

const endedBy = async (point: number, ...versions: readonly [Role, number, number][]): Promise<readonly string[]> => {
  const lost: string[] = [];
  const all = versions.map(([role, weight, processes]) => versionThatDies(role, weight, processes, lost));
  const deployment = { model: 'm', versions: () => all, released: () => undefined } as unknown as Deployment;
  await createForwarder(() => point).forward(deployment, { question: QUESTION, stickyKey: undefined, only: undefined });
  return lost;
};

it('an input that ends every server ends as many of a candidate as of the champion, however many each has', async () => {
  for (const processes of [1, 3])
    assert.deepEqual(await endedBy(0, ['champion', 50, processes], ['candidate', 50, processes]), [
      'candidate',
      'champion',
    ]);
});

it('where there is nobody else another process of the same version is asked', async () => {
  assert.deepEqual(await endedBy(0, ['champion', 100, 2]), ['champion', 'champion']);
  assert.deepEqual(await endedBy(0, ['candidate', 100, 2]), ['candidate', 'candidate']);
});
