import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { startTemporal } from '../../dist/test/servers/temporal.js';
import { inputOf } from '../../dist/test/workflows/cast.js';
import { compare } from '../measure.mjs';

/** Releases that wait for a person at the same time. */
const PARKED = 10_000;
const STARTED_AT_ONCE = 64;
const TELLS_WITHIN_MS = 60_000;

/**
 * Ten thousand releases that wait for a decision: what the worker's memory is then, and how long it takes from a decision
 * to the next step, of a release that the worker still has in its cache and of one that it has to read again.
 */
export const compareParked = async ({ rounds }) => {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-bench-'));
  const temporal = await startTemporal({ dbFile: join(folder, 'temporal.db') });
  const worker = startWorker(temporal.address);
  const connection = await Connection.connect({ address: temporal.address });
  const client = new Client({ connection });
  try {
    await waiting(client, worker, 1, 0);
    const empty = await memoryOf(worker);
    for (let from = 1; from < PARKED; from += STARTED_AT_ONCE)
      await waiting(client, worker, Math.min(STARTED_AT_ONCE, PARKED - from), from);
    const full = await memoryOf(worker);
    let newest = PARKED;
    let oldest = 0;
    return [
      {
        name: `memory of a worker with ${PARKED.toLocaleString('en')} parked releases`,
        peerName: 'the same with one',
        unit: 'MiB',
        finished: true,
        rounds: 1,
        voided: 0,
        ours: full / 2 ** 20,
        peer: empty / 2 ** 20,
        ratio: full / empty,
        interval: [full / empty, full / empty],
      },
      await compare({
        rounds,
        name: 'from a decision to the next step, release in the cache',
        peerName: 'a release that was evicted',
        ours: () => decide(client, worker, (newest -= 1)),
        peer: () => decide(client, worker, (oldest += 1)),
      }),
    ];
  } finally {
    await connection.close();
    await endWorker(worker);
    await temporal.stop();
    await rm(folder, { recursive: true, force: true });
  }
};

const idOf = (number) => `release/parked-${number}/${'c'.repeat(40)}`;

/** Starts so many releases, and comes back when all of them wait. A query of each would cost more than the release. */
const waiting = (client, worker, count, from) =>
  Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const number = from + index;
      const parked = told(worker, (message) => message.parked === idOf(number));
      await client.workflow.start('release', {
        taskQueue: 'control',
        workflowId: idOf(number),
        args: [{ ...inputOf('c', 1), model: `parked-${number}` }],
      });
      await parked;
    }),
  );

const decide = async (client, worker, number) => {
  const asked = told(worker, (message) => message.asked === idOf(number));
  const statement = `approve reviewer parked-${number}`;
  await client.workflow.getHandle(idOf(number)).executeUpdate('decide', { args: [{ statement }] });
  await asked;
};

const memoryOf = async (worker) => {
  const memory = told(worker, (message) => message.rss !== undefined);
  worker.send('memory');
  return (await memory).rss;
};

/** The first message of the worker that is the one; an error when there was none in time. */
const told = (worker, isIt) =>
  new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(late);
      worker.off('message', hear);
    };
    const hear = (message) => {
      if (!isIt(message)) return;
      stop();
      resolve(message);
    };
    const late = setTimeout(() => {
      stop();
      reject(new Error('the worker did not say it in time'));
    }, TELLS_WITHIN_MS);
    worker.on('message', hear);
  });

const startWorker = (address) => {
  const worker = fork(fileURLToPath(new URL('worker.mjs', import.meta.url)), [address], {
    execArgv: ['--expose-gc'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  // each release that starts listens for its own message
  worker.setMaxListeners(STARTED_AT_ONCE + 2);
  return worker;
};

const endWorker = async (child) => {
  if (child.exitCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
};
