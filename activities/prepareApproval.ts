import { log } from '@temporalio/activity';
import type { ApprovalSubject } from '../src/domain/approval/types.js';
import type { Digest, Version } from '../src/domain/artifact/types.js';
import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import { renderReleaseReport } from '../src/domain/report/releaseReport.js';
import type { Authorship, ReleaseView, Unreachable, WaitingView } from '../src/domain/release/types.js';
import type { ApprovalSpec, EnvironmentSpec } from '../src/domain/spec/types.js';
import type { Notification } from '../src/ports/notifier.js';
import { environmentState } from './environmentState.js';
import { assertEnvironmentHolds } from './heldToTerms.js';
import { digestOf, encodeJson, putJson, releaseKey } from './documents.js';
import type { Ports } from './ports.js';
import { authorsSince, commitOnRecord, withResumers } from './releaseAuthors.js';
import { stageEvidence } from './stageEvidence.js';
import { readSteps } from './stepStories.js';

export interface PrepareApprovalInput {
  readonly view: ReleaseView;
  readonly environment: EnvironmentSpec;
  /** ID of the arbiter whose epoch the evidence is shown at. */
  readonly environmentWorkflowId: string;
  readonly specDigest: Digest;
  readonly expireAt: number;
}

export interface PreparedApproval {
  /** What a decision must name. */
  readonly subject: ApprovalSubject;
  /** Notifications whose receivers did not answer: to be delivered beside the wait. */
  readonly untold: readonly Notification[];
  /** Who cannot be told at all, and why: nothing is left to try. */
  readonly unreachable: readonly Unreachable[];
}

/**
 * Puts together what a person decides on: `evidence.json`, which depends on nothing but digests, metrics,
 * verdicts and who wrote it, and the report to read; tells those who can approve, once: who did not answer is for the caller to tell.
 */
export const createPrepareApproval =
  (ports: Ports) =>
  async ({
    view,
    environment,
    environmentWorkflowId,
    specDigest,
    expireAt,
  }: PrepareApprovalInput): Promise<PreparedApproval> => {
    if (view.artifactDigest === undefined || environment.approval.kind !== 'required') {
      throw new SlipwayError('internal', `${view.releaseId} has nothing to approve for ${environment.name}`);
    }
    assertEnvironmentHolds(ports.settings, view.model, environment);
    const arbiter = await environmentState(ports, environmentWorkflowId);
    const champion = arbiter?.champion;
    const since = await commitOnRecord(ports, view.model, environment.name);
    const authors = await authorsSince(ports, { ...view, trigger: view.trigger.by }, since);
    const authorship = await withResumers(ports, view.releaseId, authors);
    const evidence = await collectEvidence(ports, view, specDigest, champion, { since: since ?? null, ...authorship });
    const evidenceDigest = await putJson(ports.store, evidence);
    const key = `releases/${releaseKey(view.releaseId)}`;
    await ports.store.putDocument(`${key}/evidence.json`, encodeJson(evidence), 'application/json');
    const subject: ApprovalSubject = {
      workflowId: view.releaseId,
      model: view.model,
      env: environment.name,
      gate: `approve.${environment.name}`,
      epoch: arbiter?.epoch ?? 0,
      artifactDigest: view.artifactDigest,
      evidenceDigest,
      policyDigest: digestOf(environment.approval),
      planDigest: digestOf(environment.rollout),
      inputsDigest: digestOf({}),
    };
    const waiting = waitingFor(environment.name, environment.approval, subject, expireAt);
    await ports.store.putDocument(
      `${key}/report.html`,
      new TextEncoder().encode(
        renderReleaseReport({ ...view, authorship, waiting }, evidence, {
          steps: await readSteps(ports.store, view.releaseId),
        }),
      ),
      'text/html; charset=utf-8',
    );
    await ports.ledger.append(
      view.releaseId,
      `asked/${environment.name}/${subject.epoch}/${evidenceDigest}`,
      'approval.asked',
      Date.now(),
      { ...subject, roles: environment.approval.roles },
    );
    const told = await tellApprovers(ports, view, environment, subject, expireAt);
    ports.failpoint('prepareApproval.told');
    return { subject, ...told };
  };

/** As those who are asked see it: nobody was reminded yet. */
const waitingFor = (
  environment: string,
  { roles, quorum, remindAfterMs, expireAfterMs }: Extract<ApprovalSpec, { kind: 'required' }>,
  subject: ApprovalSubject,
  expireAt: number,
): WaitingView => {
  const since = expireAt - expireAfterMs;
  return { environment, subject, roles, quorum, since, remindAt: since + remindAfterMs, expireAt, reminders: 0 };
};

const collectEvidence = async (
  ports: Ports,
  view: ReleaseView,
  specDigest: Digest,
  champion: Version | undefined,
  authorship: Authorship & { readonly since: string | null },
): Promise<Readonly<Record<string, unknown>>> => ({
  model: view.model,
  commit: view.commit,
  params: view.params,
  specDigest,
  artifactDigest: view.artifactDigest,
  champion: champion?.artifactDigest ?? null,
  // Nobody of these can approve it.
  authorship,
  stages: await stageEvidence(ports, view),
});

const tellApprovers = async (
  ports: Ports,
  view: ReleaseView,
  environment: EnvironmentSpec,
  subject: ApprovalSubject,
  expireAt: number,
): Promise<Omit<PreparedApproval, 'subject'>> => {
  const untold: Notification[] = [];
  const unreachable: Unreachable[] = [];
  if (environment.approval.kind !== 'required') return { untold, unreachable };
  for (const role of environment.approval.roles) {
    const notification: Notification = {
      id: `${view.releaseId}/${subject.gate}/${subject.evidenceDigest.slice(7, 19)}/requested/${role}`,
      kind: 'approval_requested',
      to: role,
      subject: `${view.model} ${view.commit.slice(0, 12)} waits for approval to enter ${environment.name}`,
      body: `Look at the evidence, then run: slipway approve ${releaseKey(view.releaseId)}`,
      url: `${ports.settings.apiUrl}/api/v1/releases/${releaseKey(view.releaseId)}/report`,
      data: {
        releaseId: view.releaseId,
        environment: environment.name,
        expireAt,
        evidenceDigest: subject.evidenceDigest,
      },
    };
    const failed = await notTold(ports, notification);
    if (failed?.code === 'notification_refused') unreachable.push({ to: role, reason: failed.message });
    else if (failed !== undefined) untold.push(notification);
  }
  return { untold, unreachable };
};

/** Who has no channel, or one that refuses, still finds what waits in the console. */
const notTold = async (ports: Ports, notification: Notification): Promise<SlipwayError | undefined> => {
  try {
    await ports.notifier.notify(notification);
    return undefined;
  } catch (error) {
    if (!(error instanceof SlipwayError)) throw error;
    log.warn('an approver could not be told', { to: notification.to, reason: error.message });
    return error;
  }
};
