import type { DeploymentRequest, DeploymentSettled, EnvironmentState, Reply } from './types.js';

const MAX_SETTLED = 100;

/**
 * Takes requests out of the queue and answers them, without a passage. Remembers the answers, so that a repeat of a
 * request hears the same and nothing is done twice.
 */
export const answer = (
  state: EnvironmentState,
  requests: readonly DeploymentRequest[],
  outcome: DeploymentSettled['outcome'],
): { readonly state: EnvironmentState; readonly replies: readonly Reply[] } => {
  if (requests.length === 0) return { state, replies: [] };
  const replies = requests.map((request) => ({
    request,
    settled: { requestId: request.requestId, environment: state.environment, epoch: state.epoch, outcome },
  }));
  const ids = new Set(requests.map((request) => request.requestId));
  const queue = state.queue.filter((request) => !ids.has(request.requestId));
  return {
    state: remember(
      { ...state, queue },
      replies.map((reply) => reply.settled),
    ),
    replies,
  };
};

export const remember = (state: EnvironmentState, settled: readonly DeploymentSettled[]): EnvironmentState => ({
  ...state,
  settled: [...settled, ...state.settled].slice(0, MAX_SETTLED),
});
