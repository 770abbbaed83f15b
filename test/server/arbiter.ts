import type { EnvironmentState } from '../../src/domain/environment/types.js';
import type { openScene } from './scene.js';

/** Lets the arbiter of an environment run, and answer with this state when it is asked. */
export const startArbiter = async (scene: ReturnType<typeof openScene>, state: EnvironmentState): Promise<void> => {
  const { model, environment } = state;
  scene.environments.set(`${model}/${environment}`, state);
  await scene.workflows.startOnce({
    workflowType: 'environment',
    workflowId: `environment/${model}/${environment}`,
    input: { model, environment },
    summary: '',
    searchAttributes: {},
  });
};
