/** The passage after which nothing of a model runs here, as the arbiter sees it: asked for by an update, and what follows its end. */
import { ApplicationFailure, getExternalWorkflowHandle, log, patched, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../../activities/index.js';
import { isAsPlanned } from '../../src/domain/environment/planRollback.js';
import { retirementRequest, sendAway } from '../../src/domain/environment/retire.js';
import type { DeploymentRequest, DeploymentSettled, EnvironmentState } from '../../src/domain/environment/types.js';
import { deploymentSettledSignal, type RetireMessage } from '../messages.js';
import { failureText } from '../failureText.js';
import { record } from '../retry.js';
import type { Inbox } from './inbox.js';
import { isHeard, supersede } from './tellReleases.js';

const { endMonitoring } = proxyActivities<Activities>(record);

/** Arbiters from before this knew of no retirement. */
const RETIRES = 'retires';

/**
 * What the update asks for; undefined where it was asked before. Refused where it would do something else than was shown, and
 * behind a rollout that is under way: whoever wants both says both.
 */
export const retirementAsked = (state: EnvironmentState, message: RetireMessage): DeploymentRequest | undefined => {
  const { requestId, expected, incidents } = message;
  const known = [state.active?.request, ...state.queue, ...state.settled].some((one) => one?.requestId === requestId);
  if (known) return undefined;
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
  return retirementRequest(champion, message, { epoch, incidents });
};

/**
 * The traffic is gone, and the ledger has it: nobody measures here any more, what was on its way ends, and open incidents
 * look for themselves whether their problem is over.
 */
export const leave = async (
  inbox: Inbox,
  { retires }: DeploymentRequest,
  settled: DeploymentSettled,
): Promise<void> => {
  if (retires === undefined || settled.outcome.kind !== 'retired' || !patched(RETIRES)) return;
  const { model, environment } = inbox.state();
  const ended = endMonitoring.executeWithOptions({ summary: `${model} is not looked at here any more` }, [
    { model, environment },
  ]);
  // A Schedule that is left over finds nothing to measure; releases and incidents must not wait for it.
  await ended.catch((error: unknown) => log.error('Schedules are left over', { reason: failureText(error) }));
  const sent = sendAway(inbox.state());
  inbox.change(sent.state);
  await inbox.answer(sent.replies);
  for (const { releaseId, order } of sent.superseded) await supersede(releaseId, { releaseId: sent.by, order });
  for (const incident of retires.incidents)
    await isHeard(() => getExternalWorkflowHandle(incident).signal(deploymentSettledSignal, settled));
};
