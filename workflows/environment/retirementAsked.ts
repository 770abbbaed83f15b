import { ApplicationFailure, patched } from '@temporalio/workflow';
import { isAsPlanned } from '../../src/domain/environment/planRollback.js';
import { retirementRequest } from '../../src/domain/environment/retire.js';
import { sayExpired } from '../../src/domain/environment/retirementWord.js';
import type { DeploymentRequest, EnvironmentState } from '../../src/domain/environment/types.js';
import type { RetireMessage } from '../messages.js';

/**
 * What the update asks for; undefined where it was asked before. Refused where it would do something else than was shown, and
 * behind a rollout that is under way: whoever wants both says both.
 */
export const retirementAsked = (state: EnvironmentState, message: RetireMessage): DeploymentRequest | undefined => {
  const { requestId, expected, incidents } = message;
  const known = [state.active?.request, ...state.queue, ...state.settled].some((one) => one?.requestId === requestId);
  if (known) return undefined;
  // Arbiters from before this knew no end of a word.
  const until = message.until !== undefined && patched('retirements-expire') ? message.until : undefined;
  if (until !== undefined && Date.now() > until)
    throw ApplicationFailure.nonRetryable(sayExpired({ by: message.by, until }), 'retirement_expired');
  const { environment, active, champion, epoch } = state;
  if (active !== undefined)
    throw ApplicationFailure.nonRetryable(
      `a ${active.request.kind} is under way in ${environment} (epoch ${active.epoch}): abort it first, or wait until it has ended`,
      'rollout_active',
    );
  if (champion === undefined || !isAsPlanned(state, expected))
    throw ApplicationFailure.nonRetryable(
      `${environment} is at epoch ${epoch}, and the retirement was planned at epoch ${expected.epoch}`,
      'plan_changed',
    );
  return retirementRequest(champion, message, { epoch, incidents, ...(until === undefined ? {} : { until }) });
};
