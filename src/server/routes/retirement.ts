import type { Digest } from '../../domain/artifact/types.js';
import type { Handlers } from '../call.js';
import type { ServerPorts } from '../ports.js';
import { retire } from '../retire.js';
import { retirementShown } from '../retirementShown.js';

export const retirementHandlers = (ports: ServerPorts): Pick<Handlers, 'retirementPlan' | 'retire'> => ({
  retirementPlan: async ({ params }) => ({ body: await retirementShown(ports, params) }),
  retire: async ({ params, body: { reason, plan }, identity }) => ({
    status: 202,
    body: await retire(ports, params, { by: identity.name, reason, plan: plan as Digest }),
  }),
});
