import { createHash } from 'node:crypto';
import { activityInfo } from '@temporalio/activity';
import { canApprove } from '../src/domain/approval/canApprove.js';
import type { ApprovalSubject, DecisionStatement } from '../src/domain/approval/types.js';
import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import type { Authorship, DecisionRecord } from '../src/domain/release/types.js';
import { commitOf } from '../workflows/messages.js';
import { encodeJson } from './documents.js';
import { environmentState } from './environmentState.js';
import type { Ports } from './ports.js';
import { authorsSince, commitOnRecord, withResumers } from './releaseAuthors.js';

export interface VerifyDecisionInput {
  readonly statement: string;
  /** Name of the signal that may have brought it. */
  readonly signal: string;
  /** When the workflow received it, epoch milliseconds. Histories that began before it was told do not say. */
  readonly arrivedAt?: number;
  readonly subject: ApprovalSubject;
  readonly roles: readonly string[];
  /** Of the release when its checks ran; who triggered it counts, its authors are counted anew. */
  readonly authorship: Authorship;
  readonly earlier: readonly DecisionRecord[];
  /** The arbiter whose epoch the evidence was shown at. */
  readonly environmentWorkflowId: string;
}

export interface JudgedDecision {
  readonly record: DecisionRecord;
  /** The environment moved on since the evidence was put together: it must be shown anew. */
  readonly evidenceChanged: boolean;
}

const UNKNOWN = { jti: 'unknown', subject: 'unknown', decision: 'unknown', reason: '' };

/**
 * Judges one decision: signature, exactly this evidence, who may decide now, and its single use, which is taken
 * by writing `decisions/<jti>` before it counts. A refusal is an answer, not a failure: it is recorded, too.
 */
export const createVerifyDecision =
  (ports: Ports) =>
  async (input: VerifyDecisionInput): Promise<JudgedDecision> => {
    const judged = await judge(ports, input);
    await recordDecision(ports, input, judged.record);
    return judged;
  };

const judge = async (ports: Ports, input: VerifyDecisionInput): Promise<JudgedDecision> => {
  const at = Date.now();
  const arbiter = await environmentState(ports, input.environmentWorkflowId);
  const epoch = arbiter?.epoch ?? 0;
  const evidenceChanged = epoch !== input.subject.epoch;
  let claims: DecisionStatement;
  try {
    claims = await ports.decisions.verify(input.statement);
  } catch (error) {
    if (!(error instanceof SlipwayError) || error.retryable) throw error;
    return {
      record: { ...UNKNOWN, at, counted: false, refusal: error.code, refusalReason: error.message },
      evidenceChanged,
    };
  }
  const record = { at, jti: claims.jti, subject: claims.sub, decision: claims.decision, reason: claims.reason };
  const verdict = canApprove({
    claims,
    subject: input.subject,
    audience: ports.settings.installation,
    identities: await ports.directory.identities(),
    policyRoles: input.roles,
    authorship: await authorsNow(ports, input),
    earlier: input.earlier,
    now: await deliveredAt(ports, input, claims, at),
  });
  if (!verdict.ok)
    return {
      record: { ...record, counted: false, refusal: verdict.code, refusalReason: verdict.reason },
      evidenceChanged,
    };
  if (evidenceChanged) {
    const refusalReason = `${input.subject.env} went from epoch ${input.subject.epoch} to ${epoch} since the evidence was shown`;
    return { record: { ...record, counted: false, refusal: 'statement_mismatch', refusalReason }, evidenceChanged };
  }
  const taken = await takeOnce(ports, claims);
  return {
    record: taken ? { ...record, counted: true } : { ...record, counted: false, refusal: 'statement_used' },
    evidenceChanged,
  };
};

/**
 * Authors are counted anew from what runs there now: what the release knew of them when its checks ran may be from
 * before the environment, or who an address belongs to, was changed.
 */
const authorsNow = async (ports: Ports, { subject, authorship }: VerifyDecisionInput): Promise<Authorship> => {
  const repository = ports.settings.models[subject.model]?.repository;
  if (repository === undefined) throw new SlipwayError('unknown_model', `no model ${subject.model} is configured`);
  const { model, env } = subject;
  const commit = commitOf(subject.workflowId);
  const since = await commitOnRecord(ports, model, env);
  const authors = await authorsSince(ports, { model, repository, commit, trigger: authorship.trigger }, since);
  return withResumers(ports, subject.workflowId, authors);
};

/** Every decision that arrived goes to the ledger with what it was judged to be, also what nobody signed. */
const recordDecision = async (
  ports: Ports,
  { statement, subject }: VerifyDecisionInput,
  record: DecisionRecord,
): Promise<void> => {
  const name = record.jti === UNKNOWN.jti ? createHash('sha256').update(statement).digest('hex') : record.jti;
  await ports.ledger.append(
    subject.workflowId,
    `decision/${name}/${record.refusal ?? 'counted'}`,
    'decision',
    record.at,
    {
      ...record,
      environment: subject.env,
      artifactDigest: subject.artifactDigest,
      evidenceDigest: subject.evidenceDigest,
      // What was signed can be verified again, by anybody who has the key.
      ...(record.counted ? { statement } : {}),
    },
  );
};

/**
 * A statement counts by when it was delivered, not by when a worker came to judge it: neither one that the engine took
 * while no worker ran is late, nor one whose judgement waited for a store that was gone.
 */
const deliveredAt = async (
  ports: Ports,
  { statement, signal, subject, arrivedAt }: VerifyDecisionInput,
  claims: DecisionStatement,
  now: number,
): Promise<number> => {
  const received = arrivedAt ?? now;
  if (received < claims.exp * 1000) return received;
  return (await ports.workflows.signalledAt(subject.workflowId, signal, { statement })) ?? received;
};

/** The same run of the same workflow may take it again (a retry); another, or a reset one, may not. */
const takeOnce = async (ports: Ports, claims: DecisionStatement): Promise<boolean> => {
  const { workflowExecution } = activityInfo();
  const use = {
    jti: claims.jti,
    workflowId: workflowExecution?.workflowId ?? '',
    runId: workflowExecution?.runId ?? '',
  };
  try {
    ports.failpoint('verifyDecision.judged');
    await ports.store.createDocument(`decisions/${claims.jti}`, encodeJson(use));
    ports.failpoint('verifyDecision.taken');
    return true;
  } catch (error) {
    if (error instanceof SlipwayError && error.code === 'precondition_failed') return false;
    throw error;
  }
};
