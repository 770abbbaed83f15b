/**
 * A worker in a process of its own, so that it can die like one: `node castWorker.js <address> <bundle> <cast> [<activity>]`. It runs
 * the workflows of the bundle and the cast of these tests, and says every call of an activity to whoever started it; the
 * activity that is named never ends.
 */
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { QUEUES } from '../../workflows/messages.js';
import { allGoesWell } from './cast.js';
import { nineDays } from './nineDaysCast.js';
import { installQuietRuntime } from '../fixtures/quietRuntime.js';

const [address = '', codePath = '', cast = '', hangs] = process.argv.slice(2);
installQuietRuntime();
const connection = await NativeConnection.connect({ address });
const client = new Client({ connection: await Connection.connect({ address }) });
const activities = Object.fromEntries(
  Object.entries((cast === 'patient' ? nineDays : allGoesWell)(() => client.workflow)).map(([name, answer]) => [
    name,
    async (input: never) => {
      process.send?.({ activity: name, input });
      if (name === hangs) await new Promise(() => undefined);
      return (answer as (input: never) => unknown)(input);
    },
  ]),
);
const workers = await Promise.all(
  Object.values(QUEUES).map((taskQueue) =>
    Worker.create({
      connection,
      taskQueue,
      activities,
      // Without a cache nothing waits for the one that died to answer first, in a time that does not pass.
      ...(taskQueue === QUEUES.control ? { workflowBundle: { codePath }, maxCachedWorkflows: 0 } : {}),
    }),
  ),
);
process.once('disconnect', () => process.exit(0));
process.send?.({ ready: true });
await Promise.all(workers.map((worker) => worker.run()));
