import type { Client } from '@temporalio/client';
import type { Engine } from '../../ports/engine.js';
import { lookInTime } from './inTime.js';
import { ensureSearchAttributes } from './searchAttributes.js';

const WAIT_MS = 10_000;

/**
 * The namespace's ID: made when the namespace is, kept over restarts with the same database, another one when the
 * database is new (seen on the development server 1.32 with and without a file).
 */
export const createTemporalEngine = (client: Client): Engine => ({
  prepare: () => ensureSearchAttributes(client),
  identity: async () => {
    const { namespace } = client.options;
    const described = await lookInTime({
      client,
      ms: WAIT_MS,
      doing: `namespace ${namespace}`,
      call: () => client.connection.workflowService.describeNamespace({ namespace }),
    });
    return `${namespace}/${described.namespaceInfo?.id ?? ''}`;
  },
});
