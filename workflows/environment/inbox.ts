import {
  ApplicationFailure,
  condition,
  getExternalWorkflowHandle,
  log,
  patched,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { announceRelease, withdrawRelease, type Announced } from '../../src/domain/environment/announceRelease.js';
import { chooseRollback } from '../../src/domain/environment/chooseRollback.js';
import { enqueue } from '../../src/domain/environment/enqueue.js';
import { returnLease, takeLease } from '../../src/domain/environment/lease.js';
import { newEnvironment } from '../../src/domain/environment/newEnvironment.js';
import { refuseLate } from '../../src/domain/environment/retire.js';
import { isAsPlanned } from '../../src/domain/environment/planRollback.js';
import type { DeploymentRequest, EnvironmentState, Reply } from '../../src/domain/environment/types.js';
import {
  abortSignal,
  announceSignal,
  environmentStateQuery,
  leaseGrantedSignal,
  lookSignal,
  requestDeploymentSignal,
  retireUpdate,
  returnLeaseSignal,
  rollbackUpdate,
  rolloutId,
  settledSignal,
  takeLeaseSignal,
  withdrawSignal,
  type AnnounceMessage,
  type EnvironmentInput,
  type RetireReceipt,
  type RollbackMessage,
  type RollbackReceipt,
  type SettledMessage,
} from '../messages.js';
import {
  isAnnouncement,
  isDeploymentRequest,
  isLeaseRequest,
  isLeaseReturn,
  isRetirement,
  isRollback,
  isSettled,
  isWithdrawal,
} from '../received.js';
import { retirementAsked } from './retirementAsked.js';
import { answer, isHeard, supersede, tellTurn } from './tellReleases.js';

type Active = NonNullable<EnvironmentState['active']>;

/** Why nothing can be decided here: code of the error table, and words. */
export interface Refusal {
  readonly code: string;
  readonly reason: string;
}

interface Waiting {
  readonly work: () => Promise<void>;
  /** Where somebody waits for a word: gives another one instead of the work. */
  readonly refuse?: (refusal: Refusal) => Promise<void>;
}

/** State of the arbiter and the messages that wait to change it, taken one at a time in the order of arrival. */
export interface Inbox {
  state(): EnvironmentState;
  change(state: EnvironmentState): void;
  begin(state: EnvironmentState): void;
  /** Answers whoever waits for a word that this environment cannot begin; everything else goes on waiting. */
  refuse(refusal: Refusal): Promise<void>;
  /** Does anybody wait for a word? */
  isAsked(): boolean;
  /** Carries out what waits, except ends of rollouts. */
  drain(): Promise<void>;
  nextSettled(): SettledMessage | undefined;
  rolloutEnded(message: SettledMessage): void;
  isEmpty(): boolean;
  /** Was it told to look again at what holds releases back? */
  isToLook(): boolean;
  /** The same, and forgets it. */
  takeLook(): boolean;
  answer(replies: readonly Reply[]): Promise<void>;
}

export const openInbox = (input: EnvironmentInput): Inbox => {
  let state: EnvironmentState = input.state ?? newEnvironment(input.model, input.environment);
  let ready = input.state !== undefined;
  let toLook = false;
  const waiting: Waiting[] = [];
  const ended: SettledMessage[] = [];
  const later = (work: () => Promise<void>, refuse?: Waiting['refuse']): void =>
    void waiting.push({ work, ...(refuse === undefined ? {} : { refuse }) });
  /** Carries a message out in its turn; what is no such message is ignored. */
  const received =
    <T>(
      is: (message: unknown) => message is T,
      work: (message: T) => Promise<void>,
      refuse?: (message: T, refusal: Refusal) => Promise<void>,
    ) =>
    (message: unknown): void => {
      if (is(message)) later(() => work(message), refuse && ((refusal) => refuse(message, refusal)));
      else log.warn('ignored a signal that is no message of ours');
    };

  const rolloutEnded = (message: SettledMessage): void => void ended.push(message);
  /** A rollout that is gone can say nothing any more: it counts as ended, or its successor would wait for ever. */
  const abort = async ({ epoch, request }: Active, by: string, reason: string): Promise<void> => {
    const rollout = getExternalWorkflowHandle(rolloutId(state.model, state.environment, epoch));
    await rollout.signal(abortSignal, { by, reason }).catch(() => {
      const outcome = { kind: 'aborted' as const, reason: 'its rollout is gone', steps: [], trafficRestored: false };
      rolloutEnded({ requestId: request.requestId, epoch, outcome });
    });
  };
  const request = async (message: DeploymentRequest): Promise<void> => {
    const late = refuseLate(state, message);
    // Arbiters from before this deployed what was past its point of no return when the model was retired.
    if (late !== undefined && patched('late-releases-refused')) {
      state = late.state;
      return answer(late.replies);
    }
    const { active } = state;
    const accepted = enqueue(state, message);
    state = accepted.state;
    if (accepted.abort !== undefined && active !== undefined) await abort(active, message.by, accepted.abort.reason);
    await answer(accepted.replies);
  };

  /** Whoever was ended by hand has withdrawn nothing, and is in nobody's way. */
  const announceHere = async (message: AnnounceMessage): Promise<Announced> => {
    const announced = announceRelease(state, message);
    const before = announced.turn?.refusedFor;
    if (before === undefined || !patched('gone-is-in-nobodys-way') || (await tellTurn(before, {}))) return announced;
    state = withdrawRelease(state, before).state;
    return announceHere(message);
  };

  setHandler(environmentStateQuery, () => state, {
    description: 'Champion, epoch, queue and history of this environment',
  });
  setHandler(
    announceSignal,
    received(isAnnouncement, async (message) => {
      const announced = await announceHere(message);
      state = announced.state;
      for (const older of announced.supersede) await supersede(older, message);
      if (announced.supersededBy !== undefined) await supersede(message.releaseId, announced.supersededBy);
      await answer(announced.replies);
      if (announced.turn !== undefined) await tellTurn(message.releaseId, announced.turn);
    }),
    { description: 'A release is on its way here; older ones that wait are superseded' },
  );
  setHandler(
    withdrawSignal,
    received(isWithdrawal, async ({ releaseId, asked }) => {
      const { active } = state;
      const withdrawn = withdrawRelease(state, releaseId, asked);
      state = withdrawn.state;
      if (active?.request.replyTo === releaseId) await abort(active, releaseId, 'the release ended');
      await answer(withdrawn.replies);
    }),
    { description: 'A release ended before it came here, or was cancelled' },
  );
  const turnDown = (message: DeploymentRequest, refusal: Refusal): Promise<void> => {
    const outcome = { kind: 'refused' as const, ...refusal };
    const { environment, epoch } = state;
    return answer([{ request: message, settled: { requestId: message.requestId, environment, epoch, outcome } }]);
  };
  setHandler(requestDeploymentSignal, received(isDeploymentRequest, request, turnDown), {
    description: 'Deploy a version here: from a release, a rollback or a remediation',
  });
  setHandler(lookSignal, () => void (toLook = true), {
    description: 'A hold or freeze was placed, lifted or overridden: look again',
  });
  setHandler(settledSignal, (message) => void (isSettled(message) && rolloutEnded(message)), {
    description: 'A rollout of this environment ended',
  });
  setHandler(
    takeLeaseSignal,
    received(isLeaseRequest, async ({ incidentId, deadlineMs }) => {
      const taken = takeLease(state, incidentId, Date.now(), deadlineMs);
      state = taken.state;
      await isHeard(() => getExternalWorkflowHandle(incidentId).signal(leaseGrantedSignal, taken.receipt));
    }),
    { description: 'An incident asks to be the only one that repairs this environment' },
  );
  setHandler(
    returnLeaseSignal,
    received(isLeaseReturn, async ({ incidentId }) => void (state = returnLease(state, incidentId))),
    { description: 'An incident gives the right to repair back' },
  );
  const untilReady = async (): Promise<void> => {
    let refused: Refusal | undefined;
    if (!ready) later(nothing, async (refusal) => void (refused = refusal));
    await condition(() => ready || refused !== undefined);
    if (refused !== undefined) throw ApplicationFailure.nonRetryable(refused.reason, refused.code);
  };
  setHandler(
    retireUpdate,
    async (message): Promise<RetireReceipt> => {
      await untilReady();
      const asked = retirementAsked(state, message);
      if (asked !== undefined) later(() => request(asked));
      return { requestId: message.requestId };
    },
    {
      description: 'Take the model out of this environment: by `slipway retire`, which writes the word down first',
      validator: (message) => {
        if (!isRetirement(message)) throw ApplicationFailure.nonRetryable('this is no request to retire', 'usage');
      },
    },
  );
  setHandler(
    rollbackUpdate,
    async (message): Promise<RollbackReceipt> => {
      await untilReady();
      const to = versionOf(state, message);
      later(() => request(rollbackRequest(message, to)));
      return { requestId: message.requestId, to };
    },
    {
      description: 'Put an earlier version back, at once',
      validator: (message) => {
        if (!isRollback(message)) throw ApplicationFailure.nonRetryable('this is no request for a rollback', 'usage');
      },
    },
  );

  return {
    state: () => state,
    change: (next) => void (state = next),
    begin: (next) => {
      state = next;
      ready = true;
    },
    refuse: async (refusal) => {
      const refused = waiting.filter((one) => one.refuse !== undefined);
      waiting.splice(0, waiting.length, ...waiting.filter((one) => one.refuse === undefined));
      for (const { refuse } of refused) await refuse?.(refusal);
    },
    isAsked: () => waiting.some(({ refuse }) => refuse !== undefined),
    drain: async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await next.work();
    },
    nextSettled: () => ended.shift(),
    rolloutEnded,
    isToLook: () => toLook,
    takeLook: () => {
      const was = toLook;
      toLook = false;
      return was;
    },
    isEmpty: () => waiting.length === 0 && ended.length === 0,
    answer,
  };
};

const nothing = async (): Promise<void> => undefined;

const versionOf = (state: EnvironmentState, message: RollbackMessage) => {
  const { expected } = message;
  // Arbiters from before this were asked by people who had been shown nothing.
  if (expected !== undefined && patched('rollback-as-planned') && !isAsPlanned(state, expected))
    throw ApplicationFailure.nonRetryable(
      `${state.environment} is at epoch ${state.epoch}, and the rollback was planned at epoch ${expected.epoch}`,
      'plan_changed',
    );
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
