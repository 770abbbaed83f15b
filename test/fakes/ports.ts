import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCalendar } from '../../src/adapters/calendar/calendar.js';
import { createStoreLedger } from '../../src/adapters/store-ledger/ledger.js';
import type { Notification } from '../../src/ports/notifier.js';
import type { Ports } from '../../activities/ports.js';
import { createMemoryBlobStore, type MemoryBlobStore } from './memoryBlobStore.js';

/** A port that a test has no use for: touching it is the failure. */
const unused = (name: string): never =>
  new Proxy(
    {},
    {
      get: (_, member) => () => {
        throw new Error(`${name}.${String(member)} was not expected`);
      },
    },
  ) as never;

export interface TestPorts extends Ports {
  readonly store: MemoryBlobStore;
  readonly notified: Notification[];
}

/** Ports for tests of activities: store, ledger and notifier in memory, the rest as given. */
export const testPorts = (given: Partial<Ports> = {}): TestPorts => {
  const notified: Notification[] = [];
  const store = createMemoryBlobStore();
  return {
    ledger: createStoreLedger(createMemoryBlobStore()),
    source: unused('source'),
    steps: unused('steps'),
    // A worker without Python.
    python: { version: async () => undefined, prepare: () => unused('python') },
    data: unused('data'),
    secrets: unused('secrets'),
    target: () => unused('target'),
    inference: unused('inference'),
    tables: unused('tables'),
    log: unused('log'),
    metrics: { prometheus: unused('prometheus'), sql: unused('sql'), http: unused('http') },
    notifier: { notify: async (notification) => void notified.push(notification) },
    signer: unused('signer'),
    attestations: unused('attestations'),
    directory: { identities: async () => [] },
    calendar: createCalendar(),
    decisions: unused('decisions'),
    workflows: unused('workflows'),
    settings: {
      installation: 'test',
      workDirectory: join(tmpdir(), `slipway-activities-${process.pid}`),
      stepEnv: {},
      apiUrl: 'http://127.0.0.1:1',
      environments: ['test', 'staging', 'production'],
      models: {},
    },
    failpoint: () => undefined,
    ...given,
    store,
    notified,
  };
};
