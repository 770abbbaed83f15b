import { createHash } from 'node:crypto';
import { canonicalJson } from '../../domain/canonical.js';
import type { Handlers } from '../call.js';
import { knownEnvironment, knownModel } from '../known.js';
import type { ServerPorts } from '../ports.js';

export const labelHandlers = (ports: ServerPorts): Pick<Handlers, 'labels'> => ({
  labels: async ({ params: { model, environment }, body: { labels }, idempotencyKey }) => {
    knownModel(ports, model);
    knownEnvironment(ports, environment);
    const name = idempotencyKey === undefined ? canonicalJson(labels) : JSON.stringify([idempotencyKey]);
    const batchId = createHash('sha256').update(name).digest('hex').slice(0, 32);
    await ports.labels.appendLabels(model, environment, batchId, labels);
    return { status: 202, body: { batchId, labels: labels.length } };
  },
});
