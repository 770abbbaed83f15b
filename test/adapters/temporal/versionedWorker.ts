/**
 * A worker as src/worker.ts runs it, with the cast of the workflow tests for activities, in a process of its own:
 * `node versionedWorker.js <address> <queues> [<deployment> <build>]`. It says every activity that it is asked for.
 */
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { openTemporalClient } from '../../../src/adapters/temporal/connection.js';
import { runWorkers } from '../../../src/adapters/temporal/worker.js';
import { canaryIn, declares } from '../../workflows/acts.js';
import { allGoesWell, DAY, oneStep } from '../../workflows/cast.js';
import type { Fakes } from '../../workflows/scene.js';

const [address = '', queues = '', deploymentName, buildId] = process.argv.slice(2);
const temporal = { address, namespace: 'default' };
const client = openTemporalClient(temporal);

/** The first version comes in at once; the one after it is held for a day. */
const runChecks: Fakes['runChecks'] = (input) =>
  declares(
    canaryIn('production', input.commit.startsWith('a') ? { strategy: 'immediate' } : oneStep(DAY, DAY)),
  ).runChecks?.(input);
const cast: Fakes = { ...allGoesWell(() => client.workflow), runChecks };

const activities = Object.fromEntries(
  Object.entries(cast).map(([name, answer]) => [
    name,
    (input: never) => {
      process.send?.({ activity: name });
      return Promise.resolve((answer as (input: never) => unknown)(input));
    },
  ]),
);
process.once('disconnect', () => process.exit(0));
await runWorkers({
  ...{ temporal, activities, queues: queues.split(','), host: '127.0.0.1' },
  bundles: fileURLToPath(new URL('../../../', import.meta.url)),
  log: pino({ level: 'warn' }),
  ...(deploymentName === undefined || buildId === undefined ? {} : { version: { deploymentName, buildId } }),
});
process.exit(0);
