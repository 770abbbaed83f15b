/**
 * Is this the message that its type says? Whoever reaches the engine can send anything to a workflow, and one message
 * that cannot be read would stop it for good. What is none is ignored.
 */
import type { DeploymentRequest, DeploymentSettled } from '../src/domain/environment/types.js';
import type {
  AnnounceMessage,
  CommentedMessage,
  HeldMessage,
  InLineMessage,
  LeaseMessage,
  RetireMessage,
  RollbackMessage,
  SettledMessage,
  SupersedeMessage,
  TurnMessage,
  WithdrawMessage,
} from './messages.js';

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
const isText = (value: unknown): value is string => typeof value === 'string';
const isOrder = (value: unknown): value is number => Number.isSafeInteger(value);
const isVersion = (value: unknown): boolean => {
  const { artifactDigest, releaseId, commit } = fieldsOf(value);
  return isText(artifactDigest) && isText(releaseId) && isText(commit);
};

/** A line of text from a message of a person: `{"by": "oncall", "reason": "…"}`; anything may be missing. */
export const textOf = (message: unknown, field: string, absent: string): string => {
  const value = fieldsOf(message)[field];
  return isText(value) && value !== '' ? value.slice(0, 500) : absent;
};

/** The step that a promotion is for, from 0; undefined: it names none. */
export const stepOf = (message: unknown): number | undefined => {
  const { step } = fieldsOf(message);
  return isOrder(step) && step >= 0 ? step : undefined;
};

export const isSupersession = (message: unknown): message is SupersedeMessage => isText(fieldsOf(message)['by']);

export const isTurn = (message: unknown): message is TurnMessage => {
  const { refusedFor } = fieldsOf(message);
  return refusedFor === undefined || isText(refusedFor);
};

export const isInLine = (message: unknown): message is InLineMessage => {
  const { environment, after } = fieldsOf(message);
  return isText(environment) && isText(after) && after.length <= 200;
};

export const isCommented = (message: unknown): message is CommentedMessage => {
  const { comment, kind, by } = fieldsOf(message);
  const isName = (value: unknown): boolean => isText(value) && value.length <= 200;
  return isName(comment) && isName(by) && (kind === 'comment' || kind === 'question');
};

export const isAnnouncement = (message: unknown): message is AnnounceMessage => {
  const { releaseId, order, whenBusy } = fieldsOf(message);
  return isText(releaseId) && isOrder(order) && [undefined, 'queue', 'reject'].includes(whenBusy as undefined);
};

export const isWithdrawal = (message: unknown): message is WithdrawMessage => {
  const { releaseId, asked } = fieldsOf(message);
  return isText(releaseId) && (asked === undefined || isDeploymentRequest(asked));
};

export const isDeploymentRequest = (message: unknown): message is DeploymentRequest => {
  const { requestId, kind, version, rollout, order, replyTo, by, reason, restore, retires, since } = fieldsOf(message);
  return (
    // That has a way of its own.
    retires === undefined &&
    [requestId, by, reason].every(isText) &&
    ['release', 'rollback', 'remediation'].includes(kind as string) &&
    isVersion(version) &&
    isRollout(rollout) &&
    isOrder(order) &&
    (replyTo === undefined || isText(replyTo)) &&
    (since === undefined || isOrder(since)) &&
    (restore === undefined || isOrder(fieldsOf(restore)['above']))
  );
};

const isRollout = (value: unknown): boolean => {
  const { strategy, steps, analysis, shadow } = fieldsOf(value);
  if (strategy === 'immediate') return true;
  if (typeof analysis !== 'object' || !(shadow === undefined || isShadow(shadow))) return false;
  if (strategy === 'blueGreen') return hasNumbers(value, 'keepMs', 'minRequests', 'deadlineMs');
  return strategy === 'canary' && Array.isArray(steps) && steps.every(isStep);
};

const hasNumbers = (value: unknown, ...fields: readonly string[]): boolean =>
  fields.every((field) => Number.isFinite(fieldsOf(value)[field]));

const isShadow = (value: unknown): boolean =>
  hasNumbers(value, 'copies', 'holdMs', 'minRequests', 'deadlineMs') && typeof fieldsOf(value)['analysis'] === 'object';

const isStep = (value: unknown): boolean => {
  const { approve } = fieldsOf(value);
  const { roles } = fieldsOf(approve);
  return (
    hasNumbers(value, 'weight', 'holdMs', 'minRequests', 'deadlineMs') &&
    (approve === undefined || (hasNumbers(approve, 'deadlineMs') && Array.isArray(roles) && roles.every(isText)))
  );
};

export const isDeploymentSettled = (message: unknown): message is DeploymentSettled => {
  const { requestId, outcome } = fieldsOf(message);
  return isText(requestId) && isText(fieldsOf(outcome)['kind']);
};

export const isHeldNotice = (message: unknown): message is HeldMessage => {
  const { requestId, environment, since, holds, overridden } = fieldsOf(message);
  return (
    [requestId, environment].every(isText) &&
    isOrder(since) &&
    isHolds(holds) &&
    Array.isArray(overridden) &&
    overridden.every(isOverride)
  );
};

const isHolds = (value: unknown): boolean => Array.isArray(value) && value.every(isHold);

const isHold = (value: unknown): boolean => {
  const { id, kind, reason, by, until, override } = fieldsOf(value);
  return (
    [id, kind, reason, by].every(isText) &&
    Array.isArray(override) &&
    override.every(isText) &&
    (until === undefined || isOrder(until))
  );
};

const isOverride = (value: unknown): boolean => {
  const { freeze, environment, by, reason, at } = fieldsOf(value);
  return [freeze, environment, by, reason].every(isText) && isOrder(at);
};

export const isSettled = (message: unknown): message is SettledMessage => {
  const { requestId, epoch, outcome } = fieldsOf(message);
  const { kind, reason, steps } = fieldsOf(outcome);
  if (!isText(requestId) || !isOrder(epoch) || !Array.isArray(steps)) return false;
  if (kind === 'held') return isText(reason) && isHolds(fieldsOf(outcome)['holds']);
  return kind === 'completed' || (kind === 'aborted' && isText(reason));
};

export const isRollback = (message: unknown): message is RollbackMessage => {
  const { requestId, to, by, reason, expected } = fieldsOf(message);
  return (
    [requestId, by, reason].every(isText) &&
    (to === undefined || isVersion(to)) &&
    (expected === undefined || isOrder(fieldsOf(expected)['epoch']))
  );
};

export const isRetirement = (message: unknown): message is RetireMessage => {
  const { requestId, by, reason, expected, incidents, until } = fieldsOf(message);
  const { epoch, champion } = fieldsOf(expected);
  return (
    [requestId, by, reason, champion].every(isText) &&
    isOrder(epoch) &&
    (until === undefined || isOrder(until)) &&
    Array.isArray(incidents) &&
    incidents.length <= 100 &&
    incidents.every((incident) => isText(incident) && incident.startsWith('incident/'))
  );
};

export const isLeaseRequest = (message: unknown): message is LeaseMessage => {
  const { incidentId, deadlineMs } = fieldsOf(message);
  return isText(incidentId) && Number.isFinite(deadlineMs);
};

export const isLeaseReturn = (message: unknown): message is { incidentId: string } =>
  isText(fieldsOf(message)['incidentId']);
