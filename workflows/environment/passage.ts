import {
  getExternalWorkflowHandle,
  log,
  ParentClosePolicy,
  patched,
  proxyActivities,
  startChild,
} from '@temporalio/workflow';
import type { Activities } from '../../activities/index.js';
import { withBaking } from '../../src/domain/environment/baking.js';
import { markUnrecorded } from '../../src/domain/environment/markUnrecorded.js';
import { settle } from '../../src/domain/environment/settle.js';
import type { DeploymentRequest, EnvironmentState } from '../../src/domain/environment/types.js';
import { plainText } from '../../src/domain/markdown/plainText.js';
import {
  environmentId,
  environmentMovedSignal,
  rolloutId,
  type RolloutInput,
  type SettledMessage,
} from '../messages.js';
import { failureText } from '../failureText.js';
import { record } from '../retry.js';
import type { rollout } from '../rollout.js';
import { tellHeld } from './holds.js';
import type { Inbox } from './inbox.js';
import { leave } from './leave.js';

const { recordDeployment } = proxyActivities<Activities>(record);

/** Starts the passage from champion to candidate. It outlives this run: its end arrives as a signal. */
export const beginRollout = async (inbox: Inbox, active: NonNullable<EnvironmentState['active']>): Promise<void> => {
  const { model, environment, champion } = inbox.state();
  const { epoch, request } = active;
  const input: RolloutInput = {
    model,
    environment,
    epoch,
    requestId: request.requestId,
    candidate: request.version,
    plan: request.rollout,
    seq: 1,
    ...(request.retires === undefined ? {} : { retires: true }),
    ...(champion === undefined ? {} : { champion }),
  };
  const child = await startChild<typeof rollout>('rollout', {
    workflowId: rolloutId(model, environment, epoch),
    args: [input],
    parentClosePolicy: ParentClosePolicy.ABANDON,
    staticSummary: `${request.kind} of ${request.version.commit.slice(0, 12)} to ${environment}`,
    staticDetails: `Epoch ${epoch} of **${model}** in **${environment}**: ${plainText(request.reason)}. Candidate \`${request.version.artifactDigest}\`, champion ${champion === undefined ? 'none' : `\`${champion.artifactDigest}\``}. The signals \`pause\`, \`resume\`, \`promote\` and \`abort\` steer it.`,
  });
  // A rollout that is terminated or fails says nothing; whatever it left behind counts as aborted.
  child.result().catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    inbox.rolloutEnded({
      requestId: request.requestId,
      epoch,
      outcome: { kind: 'aborted', reason, steps: [], trafficRestored: false },
    });
  });
  await tellMoved(inbox, request.version.releaseId);
};

/** Releases that are on their way here decide on what they were shown: they look again at once, and not at the next decision. */
const tellMoved = async (inbox: Inbox, passage: string): Promise<void> => {
  const others = inbox.state().announced.filter(({ releaseId, line }) => releaseId !== passage && line !== 'waits');
  // Arbiters from before this told nobody.
  if (others.length === 0 || !patched('tells-that-it-moved')) return;
  for (const { releaseId } of others)
    await getExternalWorkflowHandle(releaseId)
      .signal(environmentMovedSignal)
      .catch(() => undefined);
};

/** Writes the outcome down, and tells who asked only afterwards. */
export const concludeRollout = async (inbox: Inbox, message: SettledMessage): Promise<void> => {
  const before = inbox.state();
  const settlement = settle(before, message.epoch, message.outcome, Date.now());
  if (settlement.kind === 'ignored') return;
  if (settlement.kind === 'held') {
    inbox.change(settlement.state);
    await inbox.answer(settlement.replies);
    return tellHeld(inbox, settlement.request);
  }
  const { state, request, settled, entry, pointer } = settlement;
  const recording = recordDeployment.executeWithOptions(
    { summary: `record epoch ${message.epoch}: ${entry.outcome}` },
    [
      {
        model: state.model,
        environment: state.environment,
        stream: environmentId(state.model, state.environment),
        entry,
        ...(pointer === undefined ? {} : { pointer }),
      },
    ],
  );
  // The traffic has moved: an arbiter that ended for want of a record would lose its queue, and its next run the champion.
  const unrecorded = await recording.then(() => undefined, failureText);
  if (unrecorded !== undefined) log.error('a deployment is not in the ledger', { epoch: message.epoch, unrecorded });
  // The end arrives as a signal, which anybody may send: what nothing on record allows has not been deployed.
  if (unrecorded?.startsWith('deployment_unauthorised:') === true) {
    const outcome = { kind: 'refused', code: 'deployment_unauthorised', reason: unrecorded } as const;
    const disbelieved = settle(before, message.epoch, outcome, Date.now());
    if (disbelieved.kind !== 'settled') return;
    inbox.change(markUnrecorded(disbelieved.state, message.epoch, unrecorded));
    return inbox.answer([{ request, settled: disbelieved.settled }]);
  }
  const known = unrecorded === undefined ? state : markUnrecorded(state, message.epoch, unrecorded);
  inbox.change(pointer === undefined ? known : withBaking(known, request));
  await inbox.answer([{ request, settled }]);
  await tellMoved(inbox, request.version.releaseId);
  if (pointer !== undefined) await tellReplaced(before.baking, request);
  await leave(inbox, request, settled);
};

/** A release that waits for labels hears that its place is another's, or nobody's, and looks for itself. */
const tellReplaced = async (baking: string | undefined, { version, retires }: DeploymentRequest): Promise<void> => {
  const stays = retires === undefined && baking === version.releaseId;
  if (baking === undefined || stays || !patched('tells-who-bakes')) return;
  await getExternalWorkflowHandle(baking)
    .signal(environmentMovedSignal)
    .catch(() => undefined);
};
