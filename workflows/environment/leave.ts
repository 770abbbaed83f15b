import { getExternalWorkflowHandle, log, patched, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../../activities/index.js';
import { sendAway } from '../../src/domain/environment/retire.js';
import type { DeploymentRequest, DeploymentSettled } from '../../src/domain/environment/types.js';
import { deploymentSettledSignal } from '../messages.js';
import { failureText } from '../failureText.js';
import { record } from '../retry.js';
import type { Inbox } from './inbox.js';
import { isHeard, supersede } from './tellReleases.js';

const { endMonitoring } = proxyActivities<Activities>(record);

/** Arbiters from before this knew of no retirement. */
const RETIRES = 'retires';

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
