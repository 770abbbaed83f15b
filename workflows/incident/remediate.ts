import {
  CancellationScope,
  condition,
  getExternalWorkflowHandle,
  isCancellation,
  proxyActivities,
  sleep,
} from '@temporalio/workflow';
import type { Activities } from '../../activities/index.js';
import type { RemediationAssessment } from '../../activities/assessRemediation.js';
import { LONGEST_WAIT_DAYS } from '../../src/domain/approval/longestWait.js';
import type { Version } from '../../src/domain/artifact/types.js';
import type { DeploymentRequest } from '../../src/domain/environment/types.js';
import { turnedDown, type RememberedRemediation } from '../../src/domain/incident/remediationMemory.js';
import type { IncidentFinding, RemediationDecision } from '../../src/domain/incident/types.js';
import { environmentId, requestDeploymentSignal, returnLeaseSignal, takeLeaseSignal } from '../messages.js';
import { control, evidence } from '../retry.js';
import type { Desk } from './desk.js';

const { assessRemediation, exportTrainingData } = proxyActivities<Activities>(evidence('monitor'));
const { recordIncident, startRetrain } = proxyActivities<Activities>(control);

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** The arbiter answers in milliseconds, unless its worker is down. */
const LEASE_WITHIN_MS = 60 * MINUTE_MS;
const ROLLBACK_WITHIN_MS = DAY_MS;
/** A retrain may wait for an approval, which has its own expiry; ten days are for its build and its rollouts. */
const RETRAIN_WITHIN_MS = (LONGEST_WAIT_DAYS + 10) * DAY_MS;
const LEASE_FOR_MS = RETRAIN_WITHIN_MS + 2 * ROLLBACK_WITHIN_MS;
const LEASE_TRIES = 12;
const LEASE_PAUSE_MS = 5 * MINUTE_MS;

/**
 * One guarded attempt to repair what a finding shows: under the environment's one lease, decided on evidence, and
 * remembered before the lease goes back, so that no second remediation begins inside the cooldown of the first.
 */
export const remediate = async (desk: Desk, finding: IncidentFinding): Promise<void> => {
  const { remediation } = desk.input.monitoring;
  desk.advance({ assessedUntil: finding.window.start, assessAgainAt: 0 });
  if (!remediation.rollback && !remediation.retrain) {
    decided(desk, { action: 'none', reason: 'slipway.yaml allows neither a rollback nor a retrain' });
    return;
  }
  const refusal = await takeLease(desk);
  if (refusal !== undefined) {
    decided(desk, { action: 'none', reason: refusal });
    return;
  }
  try {
    await repair(desk, finding);
  } catch (error) {
    if (isCancellation(error)) throw error;
    failed(desk, error);
  } finally {
    await returnLease(desk);
  }
};

const repair = async (desk: Desk, finding: IncidentFinding): Promise<void> => {
  const { model, environment, monitoring } = desk.input;
  const { incidentId } = desk.view();
  const assessed = await assessRemediation.executeWithOptions({ summary: 'replay the window, and decide' }, [
    { model, environment, incidentId, finding, monitoring, retrainsDone: desk.progress().retrains },
  ]);
  decided(desk, assessed.decision);
  const number = desk.progress().requests + 1;
  desk.advance({ requests: number });
  if (assessed.decision.action === 'none') {
    desk.advance({ assessAgainAt: assessed.againAt ?? 0 });
    await record(desk, `decided/${number}`, assessed);
  } else if (assessed.decision.action === 'rollback' && assessed.previous !== undefined) {
    await rollBack(desk, assessed, assessed.previous, number);
  } else if (assessed.decision.action === 'retrain' && assessed.serving !== undefined) {
    await retrain(desk, assessed, assessed.serving, number);
  }
};

const rollBack = async (desk: Desk, assessed: RemediationAssessment, to: Version, number: number): Promise<void> => {
  const { incidentId, openedAt } = desk.view();
  const at = Date.now();
  const request: DeploymentRequest = {
    requestId: `${incidentId}@${openedAt}/rollback/${number}`,
    kind: 'remediation',
    version: to,
    rollout: { strategy: 'immediate' },
    order: 0,
    replyTo: incidentId,
    by: incidentId,
    reason: assessed.decision.reason,
  };
  desk.note(`asks for a rollback to ${to.artifactDigest.slice(7, 19)}`, { status: 'remediating' });
  await environmentOf(desk).signal(requestDeploymentSignal, request);
  await condition(() => desk.settledOf(request.requestId) !== undefined, ROLLBACK_WITHIN_MS, {
    summary: 'the environment answers',
  });
  const outcome = desk.settledOf(request.requestId)?.outcome;
  const won = outcome?.kind === 'deployed';
  const words =
    outcome === undefined
      ? 'the environment did not answer'
      : outcome.kind === 'deployed'
        ? `rolled back to ${to.artifactDigest.slice(7, 19)} in epoch ${desk.settledOf(request.requestId)?.epoch ?? 0}`
        : `the rollback ended ${outcome.kind}${'reason' in outcome ? `: ${outcome.reason}` : ''}`;
  await remember(desk, assessed, { number, at, won, lost: false, outcome: words });
  concluded(desk, won, words);
};

const retrain = async (
  desk: Desk,
  assessed: RemediationAssessment,
  serving: Version,
  number: number,
): Promise<void> => {
  const { model, environment } = desk.input;
  const { incidentId } = desk.view();
  const at = Date.now();
  desk.note('exports what production saw', { status: 'remediating' });
  const data = await exportTrainingData.executeWithOptions({ summary: 'logged rows and their labels' }, [
    { model, environment, artifactDigest: serving.artifactDigest, until: assessed.dataUntil },
  ]);
  const started = await startRetrain.executeWithOptions({ summary: `train on ${data.rows} rows` }, [
    { model, incidentId, serving, data, reason: assessed.decision.reason },
  ]);
  const { releaseId } = started;
  const { remediation } = desk.view();
  desk.advance({ retrains: desk.progress().retrains + 1 });
  desk.note(
    `started ${releaseId} with ${data.rows} rows`,
    remediation === undefined ? {} : { remediation: { ...remediation, releaseId } },
  );
  if (started.ended === undefined) {
    await condition(() => desk.releaseEndOf(releaseId) !== undefined, RETRAIN_WITHIN_MS, {
      summary: 'the retrain ends',
    });
  }
  const end = started.ended ?? desk.releaseEndOf(releaseId);
  const won = end?.outcome === 'promoted';
  const words =
    end === undefined
      ? 'the retrain did not end in time'
      : won
        ? `retrained: ${releaseId} was promoted`
        : `the retrain ended ${end.outcome}: ${end.reason}`;
  await remember(desk, assessed, { number, at, won, lost: turnedDown(end?.outcome), outcome: words, releaseId });
  concluded(desk, won, words);
};

const decided = (desk: Desk, decision: RemediationDecision): void =>
  desk.note(`remediation: ${decision.action}: ${decision.reason}`, { remediation: { ...decision } });

const concluded = (desk: Desk, won: boolean, outcome: string): void => {
  const { remediation } = desk.view();
  const told = remediation === undefined ? {} : { remediation: { ...remediation, outcome } };
  if (won) {
    desk.note(outcome, told);
    desk.resolve(outcome);
  } else {
    desk.note(outcome, { ...told, status: idleStatus(desk) });
  }
};

const failed = (desk: Desk, error: unknown): void => {
  let cause: unknown = error;
  while (cause instanceof Error && cause.cause instanceof Error) cause = cause.cause;
  concluded(desk, false, `the remediation failed: ${cause instanceof Error ? cause.message : String(cause)}`);
};

const idleStatus = (desk: Desk): 'open' | 'acknowledged' =>
  desk.view().acknowledgedBy === undefined ? 'open' : 'acknowledged';

interface Ended {
  readonly number: number;
  readonly at: number;
  readonly won: boolean;
  readonly lost: boolean;
  readonly outcome: string;
  readonly releaseId?: string;
}

const remember = async (desk: Desk, assessed: RemediationAssessment, ended: Ended): Promise<void> => {
  const { incidentId, openedAt } = desk.view();
  const { action } = assessed.decision;
  if (action === 'none' || assessed.serving === undefined) return;
  const remembered: RememberedRemediation = {
    id: `${incidentId}@${openedAt}/${ended.number}`,
    incidentId,
    action,
    at: ended.at,
    artifactDigest: assessed.serving.artifactDigest,
    dataUntil: assessed.dataUntil,
    won: ended.won,
    lost: ended.lost,
    outcome: ended.outcome,
    ...(ended.releaseId === undefined ? {} : { releaseId: ended.releaseId }),
  };
  await record(desk, `remediated/${ended.number}`, assessed, remembered);
};

const record = (
  desk: Desk,
  event: string,
  assessed: RemediationAssessment,
  remembered?: RememberedRemediation,
): Promise<void> =>
  recordIncident.executeWithOptions({ summary: `record: ${event}` }, [
    {
      view: desk.view(),
      event,
      at: Date.now(),
      body: {
        decision: assessed.decision,
        evidence: assessed.evidence,
        ...(remembered === undefined ? {} : { remediation: remembered }),
      },
      ...(remembered === undefined ? {} : { remembered }),
    },
  ]);

const environmentOf = (desk: Desk) =>
  getExternalWorkflowHandle(environmentId(desk.input.model, desk.input.environment));

/** Undefined where it was granted, else why not. */
const takeLease = async (desk: Desk): Promise<string | undefined> => {
  const { incidentId } = desk.view();
  for (let attempt = 1; ; attempt += 1) {
    desk.forgetLease();
    try {
      await environmentOf(desk).signal(takeLeaseSignal, { incidentId, deadlineMs: LEASE_FOR_MS });
    } catch (error) {
      if (isCancellation(error)) throw error;
      return 'the environment has no arbiter';
    }
    await condition(() => desk.lease() !== undefined, LEASE_WITHIN_MS, { summary: 'the lease to repair' });
    const receipt = desk.lease();
    if (receipt?.granted === true) return undefined;
    const reason =
      receipt === undefined
        ? 'the environment did not answer'
        : `${receipt.holder ?? 'another incident'} repairs the environment`;
    if (attempt === LEASE_TRIES) {
      await returnLease(desk);
      return reason;
    }
    desk.note(`waits: ${reason}`);
    await sleep(LEASE_PAUSE_MS * attempt, { summary: `try again: ${reason}` });
  }
};

/** Also where no answer came: it may have been granted meanwhile. An arbiter that is gone holds no lease. */
const returnLease = (desk: Desk): Promise<void> =>
  CancellationScope.nonCancellable(() =>
    environmentOf(desk)
      .signal(returnLeaseSignal, { incidentId: desk.view().incidentId })
      .catch(() => undefined),
  );
