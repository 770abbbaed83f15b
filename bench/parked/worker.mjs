// The product's worker with activities that answer at once: `node worker.mjs <address>`. Asked by a message it says how much
// memory it holds; it says itself when a release has got what a person is asked with, which is the last it does before it waits,
// and when it asks for its deployment, which is what follows a decision.
import { pino } from 'pino';
import { withFailures } from '../../dist/activities/errors.js';
import { runWorkers } from '../../dist/src/adapters/temporal/worker.js';
import { freeLocalPort } from '../../dist/src/adapters/temporal/workerHealth.js';
import { fileURLToPath } from 'node:url';
import { allGoesWell, plan } from '../../dist/test/workflows/cast.js';

const [address] = process.argv.slice(2);
const production = plan.environments.at(-1);
const wellDone = allGoesWell(() => undefined);
const answers = {
  ...wellDone,
  runChecks: () => ({
    verdict: 'pass',
    reason: 'ok',
    plan: { ...plan, environments: [production] },
    authorship: { authors: ['author'], unknown: [], trigger: 'author' },
    evidence: plan.specDigest,
  }),
  prepareApproval: (input) => {
    process.send({ parked: input.view.releaseId });
    return wellDone.prepareApproval(input);
  },
  // No arbiters: what is measured is a release that waits, and wakes.
  sendMessage: ({ signal, argument }) => {
    if (signal === 'requestDeployment') process.send({ asked: argument.replyTo });
    return { delivered: true };
  },
};
const activities = Object.fromEntries(
  Object.entries(answers).map(([name, answer]) => [name, withFailures(async (input) => answer(input))]),
);

process.on('message', () => {
  globalThis.gc?.();
  process.send({ rss: process.memoryUsage().rss });
});
await runWorkers({
  temporal: { address, namespace: 'default' },
  queues: ['control', 'build', 'serve'],
  bundlePath: fileURLToPath(new URL('../../dist/workflow-bundle.js', import.meta.url)),
  activities,
  log: pino({ level: 'warn' }, pino.destination(2)),
  host: '127.0.0.1',
  port: await freeLocalPort(),
});
process.disconnect();
