import { askedLast, subjectAsked } from '../src/domain/approval/askedLast.js';
import { askingOf, gateOf, type Asking } from '../src/domain/approval/asking.js';
import { decidingRoles } from '../src/domain/approval/approvalRule.js';
import { subjectDifferences } from '../src/domain/approval/canApprove.js';
import type { ShownWithIt } from '../src/domain/approval/shownWithIt.js';
import { stillAsked } from '../src/domain/approval/usedUp.js';
import { subjectChanges } from '../src/domain/approval/subjectChanges.js';
import type { LadderStep } from '../src/domain/approval/ladder.js';
import type { ApprovalSubject } from '../src/domain/approval/types.js';
import type { Digest, Version } from '../src/domain/artifact/types.js';
import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import { passageEnd } from '../src/domain/hold/passageEnd.js';
import { renderReleaseReport } from '../src/domain/report/releaseReport.js';
import type { Authorship, ReleaseView, WaitingView } from '../src/domain/release/types.js';
import type { EnvironmentSpec, RequiredApproval } from '../src/domain/spec/types.js';
import { packagedLast } from '../src/domain/release/lastFound.js';
import type { LedgerEntry } from '../src/ports/ledger.js';
import { environmentId } from '../workflows/messages.js';
import { assertOfRelease } from './assertOfRelease.js';
import { environmentState } from './environmentState.js';
import { assertEnvironmentHolds } from './heldToTerms.js';
import { digestOf } from '../src/contract/canonicalDigest.js';
import { encodeJson, getJson, putJson, releaseKey } from './documents.js';
import type { Ports } from './ports.js';
import { ladderOf } from './ladderOf.js';
import { readChain } from './onRecord.js';
import { prospectOf } from './prospectOf.js';
import { authorsSince, commitOnRecord, withResumers } from './releaseAuthors.js';
import { stageEvidence } from './stageEvidence.js';
import { readSteps } from './stepStories.js';
import { tellApprovers, type Told } from './tellApprovers.js';

export interface PrepareApprovalInput {
  readonly view: ReleaseView;
  readonly environment: EnvironmentSpec;
  /** ID of the arbiter whose epoch the evidence is shown at. */
  readonly environmentWorkflowId: string;
  readonly specDigest: Digest;
  readonly expireAt: number;
  /** Absent: approval. */
  readonly asking?: Asking;
  /** What was shown before: where it still holds nobody is asked again. */
  readonly shown?: ApprovalSubject;
}

export interface PreparedApproval extends Told {
  /** What a decision must name. */
  readonly subject: ApprovalSubject;
  /** Who counts as an author, as the evidence names them. */
  readonly authorship: Authorship;
  /** What changed since `shown`, in words; empty where nothing did, or nothing was shown. */
  readonly changes: readonly string[];
  /** What happens while nobody decides, at which instants; absent in histories from before it was planned. */
  readonly ladder?: readonly LadderStep[];
}

/**
 * Puts together what a person decides on: `evidence.json`, which depends on nothing but digests, metrics,
 * verdicts and who wrote it, and the report to read; tells those who can approve, once: who did not answer is for the caller to tell.
 * Only the release's own workflow asks: what is asked anew makes void what was decided before.
 */
export const createPrepareApproval =
  (ports: Ports) =>
  async ({
    view,
    environment,
    environmentWorkflowId,
    specDigest,
    expireAt,
    asking = 'approve',
    shown,
  }: PrepareApprovalInput): Promise<PreparedApproval> => {
    assertOfRelease(ports, view);
    if (view.artifactDigest === undefined || environment.approval.kind !== 'required') {
      throw new SlipwayError('internal', `${view.releaseId} has nothing to approve for ${environment.name}`);
    }
    assertEnvironmentHolds(ports.settings, view.model, environment);
    const entries = await readChain(ports, view.releaseId);
    assertPackaged(view, entries);
    const arbiter = await environmentState(ports, environmentWorkflowId);
    const isReview = asking === 'review';
    // A review looks at what a hotfix brought, which runs there already.
    const champion = isReview ? view.review?.replaced : arbiter?.champion;
    const before = isReview ? view.releaseId : undefined;
    const since = await commitOnRecord(ports, view.model, environment.name, before);
    const authors = await authorsSince(ports, { ...view, trigger: view.trigger.by }, since);
    const authorship = await withResumers(ports, view.releaseId, authors);
    const evidence = {
      ...aboutOf(view, specDigest, champion, { since: since ?? null, ...authorship }),
      stages: await stageEvidence(ports, view, entries),
    };
    const evidenceDigest = await putJson(ports.store, evidence);
    const subject: ApprovalSubject = {
      workflowId: view.releaseId,
      model: view.model,
      env: environment.name,
      gate: gateOf(asking, environment.name),
      epoch: arbiter?.epoch ?? 0,
      artifactDigest: view.artifactDigest,
      evidenceDigest,
      policyDigest: digestOf(environment.approval),
      planDigest: digestOf(environment.rollout),
      inputsDigest: digestOf(environment.approval.inputs ?? {}),
    };
    const changes = shown === undefined ? [] : await changesSince(ports, shown, subject, evidence);
    if (shown !== undefined && changes.length === 0)
      return { subject, untold: [], unreachable: [], authorship, changes };
    const key = `releases/${releaseKey(view.releaseId)}`;
    await ports.store.putDocument(`${key}/evidence.json`, encodeJson(evidence), 'application/json');
    const changed = changes.length === 0 ? {} : { changed: { at: Date.now(), changes } };
    const prospect = await prospectOf(ports.store, view.model, environment, champion, view.artifactDigest);
    const shownWithIt: ShownWithIt = { prospect, steps: await readSteps(ports.store, view.releaseId) };
    const waiting = waitingFor(environment.name, environment.approval, subject, expireAt);
    await ports.store.putDocument(
      `${key}/report.html`,
      new TextEncoder().encode(
        renderReleaseReport({ ...view, authorship, waiting: { ...waiting, ...changed } }, evidence, shownWithIt),
      ),
      'text/html; charset=utf-8',
    );
    await recordAsked(ports, subject, {
      roles: decidingRoles(environment.approval),
      shown: await putJson(ports.store, shownWithIt),
    });
    const ladder = await ladderOf(ports, environment, subject, authorship, expireAt);
    const told = await tellApprovers(ports, view, environment, subject, expireAt, changes);
    ports.failpoint('prepareApproval.told');
    return { subject, ...told, authorship, changes, ladder };
  };

/**
 * Told twice it is one entry; where the same is asked again after something else was, or once what was asked is used up, it
 * is another one.
 */
const recordAsked = async (
  { ledger }: Pick<Ports, 'ledger'>,
  subject: ApprovalSubject,
  besides: { readonly roles: readonly string[]; readonly shown: Digest },
): Promise<void> => {
  const { workflowId, model, env, gate, epoch, evidenceDigest } = subject;
  const entries = await ledger.read(workflowId);
  const usedAt = passageEnd(await ledger.read(environmentId(model, env)), workflowId);
  const holds = stillAsked(entries, gate, usedAt);
  if (holds !== undefined && subjectDifferences(subjectAsked(holds), subject).length === 0) return;
  const last = askedLast(entries, gate);
  const asked = askingOf(gate) === 'review' ? 'review' : 'asked';
  const after = last === undefined ? '' : `/${last.seq}`;
  const entryId = `${asked}/${env}/${epoch}/${evidenceDigest}${after}`;
  await ledger.append(workflowId, entryId, 'approval.asked', Date.now(), { ...subject, ...besides });
};

const changesSince = async (
  { store }: Ports,
  before: ApprovalSubject,
  after: ApprovalSubject,
  evidence: unknown,
): Promise<readonly string[]> =>
  subjectChanges(before, after, { before: await getJson(store, before.evidenceDigest), after: evidence });

/** As those who are asked see it: nobody was reminded yet. */
const waitingFor = (
  environment: string,
  { roles, quorum, groups, inputs, remindAfterMs, expireAfterMs }: RequiredApproval,
  subject: ApprovalSubject,
  expireAt: number,
): WaitingView => {
  const since = expireAt - expireAfterMs;
  return {
    ...{ environment, subject, roles, quorum, since },
    ...(groups === undefined ? {} : { groups }),
    ...(inputs === undefined ? {} : { inputs }),
    ...{ remindAt: since + remindAfterMs, expireAt, reminders: 0 },
  };
};

/** People decide on what the release packaged itself: that is what its stages found something of, and what a target takes. */
const assertPackaged = (
  { releaseId, artifactDigest }: Pick<ReleaseView, 'releaseId' | 'artifactDigest'>,
  entries: readonly LedgerEntry[],
): void => {
  const packaged = packagedLast(entries);
  if (packaged !== artifactDigest)
    throw new SlipwayError(
      'record_mismatch',
      `the ledger has ${String(packaged ?? 'nothing')} as what ${releaseId} packaged last, not ${artifactDigest}`,
    );
};

const aboutOf = (
  view: ReleaseView,
  specDigest: Digest,
  champion: Version | undefined,
  authorship: Authorship & { readonly since: string | null },
): Readonly<Record<string, unknown>> => ({
  model: view.model,
  commit: view.commit,
  params: view.params,
  specDigest,
  artifactDigest: view.artifactDigest,
  champion: champion?.artifactDigest ?? null,
  // Nobody of these can approve it.
  authorship,
});
