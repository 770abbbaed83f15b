import { getExternalWorkflowHandle, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../../activities/index.js';
import type { HoldsHere } from '../../activities/holdsHere.js';
import { holdRequest, thawRequest } from '../../src/domain/environment/holdRequest.js';
import type { DeploymentRequest } from '../../src/domain/environment/types.js';
import { heldSignal, lookSignal, rolloutId } from '../messages.js';
import { record } from '../retry.js';
import type { Inbox } from './inbox.js';

const { lookForHolds } = proxyActivities<Activities>(record);

/**
 * Is what kept this release out over? While it is not, the release waits in the queue and is told why. Then it is given its
 * word back, because what its evidence says may have changed meanwhile, and asks again.
 */
export const lookAhead = async (
  inbox: Inbox,
  request: DeploymentRequest,
  toLook: boolean,
): Promise<'free' | 'held' | 'thawed'> => {
  const { held } = inbox.state();
  const known = held?.requestId === request.requestId ? held : undefined;
  if (known !== undefined && !toLook && Date.now() < known.lookAt) return 'held';
  // The target's door looks first, and its word costs nothing; see `settle`.
  if (known === undefined) return 'free';
  const seen = await look(inbox, request);
  if (seen.inForce.length > 0) {
    inbox.change(holdRequest(inbox.state(), request, seen, Date.now()));
    await tell(inbox, request, seen);
    return 'held';
  }
  const thawed = thawRequest(inbox.state(), request, seen.overridden);
  inbox.change(thawed.state);
  await inbox.answer(thawed.replies);
  return 'thawed';
};

/** Something was placed, lifted or overridden: the rollout under way looks at its next step, and people see why it waits. */
export const lookAgain = async (inbox: Inbox): Promise<void> => {
  const { active, model, environment } = inbox.state();
  if (active?.request.kind !== 'release') return;
  const rollout = getExternalWorkflowHandle(rolloutId(model, environment, active.epoch));
  await rollout.signal(lookSignal).catch(() => undefined);
  await tell(inbox, active.request, await look(inbox, active.request));
};

const look = (inbox: Inbox, { version }: DeploymentRequest): Promise<HoldsHere> => {
  const { model, environment } = inbox.state();
  return lookForHolds.executeWithOptions({ summary: `what holds ${version.commit.slice(0, 12)} back` }, [
    { model, environment, version },
  ]);
};

/** The release hears what its request waits for, as far as the arbiter knows. */
export const tellHeld = (inbox: Inbox, request: DeploymentRequest): Promise<void> => {
  const { held } = inbox.state();
  if (held?.requestId !== request.requestId) return Promise.resolve();
  return tell(inbox, request, { inForce: held.holds, overridden: [] });
};

const tell = async (inbox: Inbox, { requestId, replyTo }: DeploymentRequest, seen: HoldsHere): Promise<void> => {
  if (replyTo === undefined) return;
  const { environment, held } = inbox.state();
  const notice = {
    requestId,
    environment,
    since: held?.since ?? Date.now(),
    holds: seen.inForce,
    overridden: seen.overridden,
  };
  await getExternalWorkflowHandle(replyTo)
    .signal(heldSignal, notice)
    .catch(() => undefined);
};
