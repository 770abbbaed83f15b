import {
  ApplicationFailure,
  condition,
  getExternalWorkflowHandle,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { announceRelease, withdrawRelease } from '../../src/domain/environment/announceRelease.js';
import { chooseRollback } from '../../src/domain/environment/chooseRollback.js';
import { enqueue } from '../../src/domain/environment/enqueue.js';
import { returnLease, takeLease } from '../../src/domain/environment/lease.js';
import { newEnvironment } from '../../src/domain/environment/newEnvironment.js';
import type { DeploymentRequest, EnvironmentState, Reply } from '../../src/domain/environment/types.js';
import {
  abortSignal,
  announceSignal,
  deploymentSettledSignal,
  environmentStateQuery,
  leaseGrantedSignal,
  requestDeploymentSignal,
  returnLeaseSignal,
  rollbackUpdate,
  rolloutId,
  settledSignal,
  supersedeSignal,
  takeLeaseSignal,
  withdrawSignal,
  type AnnounceMessage,
  type EnvironmentInput,
  type RollbackMessage,
  type RollbackReceipt,
  type SettledMessage,
} from '../messages.js';

/** State of the arbiter and the messages that wait to change it, taken one at a time in the order of arrival. */
export interface Inbox {
  state(): EnvironmentState;
  change(state: EnvironmentState): void;
  begin(state: EnvironmentState): void;
  /** Carries out what waits, except ends of rollouts. */
  drain(): Promise<void>;
  nextSettled(): SettledMessage | undefined;
  rolloutEnded(message: SettledMessage): void;
  isEmpty(): boolean;
  answer(replies: readonly Reply[]): Promise<void>;
}

export const openInbox = (input: EnvironmentInput): Inbox => {
  let state: EnvironmentState = input.state ?? newEnvironment(input.model, input.environment);
  let ready = input.state !== undefined;
  const waiting: (() => Promise<void>)[] = [];
  const ended: SettledMessage[] = [];
  const later = (work: () => Promise<void>): void => void waiting.push(work);

  const abort = (epoch: number, by: string, reason: string): Promise<void> =>
    send(() =>
      getExternalWorkflowHandle(rolloutId(state.model, state.environment, epoch)).signal(abortSignal, { by, reason }),
    );
  const request = async (message: DeploymentRequest): Promise<void> => {
    const accepted = enqueue(state, message);
    state = accepted.state;
    if (accepted.abort !== undefined) await abort(accepted.abort.epoch, message.by, accepted.abort.reason);
    await answer(accepted.replies);
  };

  setHandler(environmentStateQuery, () => state, {
    description: 'Champion, epoch, queue and history of this environment',
  });
  setHandler(
    announceSignal,
    (message) =>
      later(async () => {
        const announced = announceRelease(state, message);
        state = announced.state;
        for (const older of announced.supersede) await supersede(older, message);
        if (announced.supersededBy !== undefined) await supersede(message.releaseId, announced.supersededBy);
        await answer(announced.replies);
      }),
    { description: 'A release is on its way here; older ones that wait are superseded' },
  );
  setHandler(
    withdrawSignal,
    ({ releaseId }) =>
      later(async () => {
        const active = state.active;
        state = withdrawRelease(state, releaseId);
        if (active?.request.replyTo === releaseId) await abort(active.epoch, releaseId, 'the release ended');
      }),
    { description: 'A release ended before it came here, or was cancelled' },
  );
  setHandler(requestDeploymentSignal, (message) => later(() => request(message)), {
    description: 'Deploy a version here: from a release, a rollback or a remediation',
  });
  setHandler(settledSignal, (message) => void ended.push(message), {
    description: 'A rollout of this environment ended',
  });
  setHandler(
    takeLeaseSignal,
    (message) =>
      later(async () => {
        const taken = takeLease(state, message.incidentId, Date.now(), message.deadlineMs);
        state = taken.state;
        await send(() => getExternalWorkflowHandle(message.incidentId).signal(leaseGrantedSignal, taken.receipt));
      }),
    { description: 'An incident asks to be the only one that repairs this environment' },
  );
  setHandler(returnLeaseSignal, ({ incidentId }) => later(async () => void (state = returnLease(state, incidentId))), {
    description: 'An incident gives the right to repair back',
  });
  setHandler(
    rollbackUpdate,
    async (message): Promise<RollbackReceipt> => {
      await condition(() => ready);
      const to = versionOf(state, message);
      later(() => request(rollbackRequest(message, to)));
      return { requestId: message.requestId, to };
    },
    { description: 'Put an earlier version back, at once' },
  );

  return {
    state: () => state,
    change: (next) => void (state = next),
    begin: (next) => {
      state = next;
      ready = true;
    },
    drain: async () => {
      for (let work = waiting.shift(); work !== undefined; work = waiting.shift()) await work();
    },
    nextSettled: () => ended.shift(),
    rolloutEnded: (message) => void ended.push(message),
    isEmpty: () => waiting.length === 0 && ended.length === 0,
    answer,
  };
};

/** A receiver that has ended needs no answer. */
const send = async (message: () => Promise<void>): Promise<void> => {
  await message().catch(() => undefined);
};

const answer = async (replies: readonly Reply[]): Promise<void> => {
  for (const { request, settled } of replies) {
    const { replyTo } = request;
    if (replyTo !== undefined)
      await send(() => getExternalWorkflowHandle(replyTo).signal(deploymentSettledSignal, settled));
  }
};

const supersede = (releaseId: string, { releaseId: by, order }: AnnounceMessage): Promise<void> =>
  send(() => getExternalWorkflowHandle(releaseId).signal(supersedeSignal, { by, order }));

const versionOf = (state: EnvironmentState, message: RollbackMessage) => {
  const choice = chooseRollback(state, message.to);
  if (choice.kind === 'refused') throw ApplicationFailure.nonRetryable(choice.reason, choice.code);
  return choice.version;
};

const rollbackRequest = (message: RollbackMessage, version: RollbackReceipt['to']): DeploymentRequest => ({
  requestId: message.requestId,
  kind: 'rollback',
  version,
  rollout: { strategy: 'immediate' },
  order: 0,
  by: message.by,
  reason: message.reason === '' ? `asked for in ${workflowInfo().workflowId}` : message.reason,
});
