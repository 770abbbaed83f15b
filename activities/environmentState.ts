import type { EnvironmentState } from '../src/domain/environment/types.js';
import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import type { Ports } from './ports.js';

/** Undefined where the environment was never deployed to. */
export const environmentState = async (
  ports: Pick<Ports, 'workflows'>,
  workflowId: string,
): Promise<EnvironmentState | undefined> => {
  try {
    return await ports.workflows.query<EnvironmentState>(workflowId, 'state');
  } catch (error) {
    if (error instanceof SlipwayError && error.code === 'not_found') return undefined;
    throw error;
  }
};
