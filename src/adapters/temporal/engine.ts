import type { Client } from '@temporalio/client';
import type { Engine } from '../../ports/engine.js';
import { toSlipwayError } from './errors.js';
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
    try {
      const described = await client.connection.withDeadline(Date.now() + WAIT_MS, () =>
        client.connection.workflowService.describeNamespace({ namespace }),
      );
      return `${namespace}/${described.namespaceInfo?.id ?? ''}`;
    } catch (error) {
      throw toSlipwayError(error, `namespace ${namespace}`);
    }
  },
});
