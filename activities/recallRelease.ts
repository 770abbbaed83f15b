import { activityInfo } from '@temporalio/activity';
import type { Digest } from '../src/domain/artifact/types.js';
import { planOf, type ReleasePlan } from '../src/domain/release/plan.js';
import { decisionsOnRecord, refusalOnRecord, stagesOnRecord } from '../src/domain/release/onRecord.js';
import { withoutEnvironment, type Resumption } from '../src/domain/release/resumePoint.js';
import type { Authorship, DecisionRecord, ReleaseView, StageView } from '../src/domain/release/types.js';
import { whoAskedToResume } from '../src/domain/release/resumeAsked.js';
import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import { bypassesOnRecord } from '../src/domain/urgency/onRecord.js';
import type { Spec } from '../src/domain/spec/types.js';
import type { LedgerEntry } from '../src/ports/ledger.js';
import { environmentId } from '../workflows/messages.js';
import { assertOwnStream } from './assertOwnStream.js';
import type { BuildOutcome } from './buildModel.js';
import { getJson } from './documents.js';
import { environmentState } from './environmentState.js';
import { assertPlanHolds } from './heldToTerms.js';
import { readBuild } from './ofRelease.js';
import type { Ports } from './ports.js';
import { planOfHotfix } from './planOfHotfix.js';
import { putAside } from './putAside.js';
import { readChain } from './onRecord.js';

export interface RecalledRelease {
  /** Stages that need not be told again, in order. */
  readonly finished: readonly StageView[];
  /** Where checks passed. */
  readonly plan?: ReleasePlan;
  readonly authorship?: Authorship;
  /** Where the build passed. */
  readonly built?: BuildOutcome;
  /** As the ledger has them; absent in what was recalled before it was asked. */
  readonly decisions?: readonly DecisionRecord[];
  /** What it was let pass before. */
  readonly overrides?: NonNullable<ReleaseView['overrides']>;
  readonly breakGlass?: NonNullable<ReleaseView['breakGlass']>;
}

/**
 * Reads from ledger and store how far a release had come, and puts what it left there under a name of its own, so that
 * what is told now takes its place. The engine may have forgotten the release; and since anybody who reaches it can start
 * one with any view, nothing of the view is believed that the ledger does not say. Only the release's own workflow resumes
 * it, and only for somebody who asked the API: who resumed decides no more on it, so nobody names them by a message. What had
 * ended with a verdict is `not_resumable`, and stays as it is on record.
 */
export const createRecallRelease =
  (ports: Ports) =>
  async (resumption: Resumption): Promise<RecalledRelease> => {
    const { number, view } = resumption;
    const { releaseId } = view;
    assertOwnStream(releaseId);
    const entries = await readChain(ports, releaseId);
    const refusal = refusalOnRecord(releaseId, entries);
    if (refusal !== undefined)
      throw new SlipwayError('not_resumable', `${releaseId} cannot be resumed: ${refusal}, says the ledger`);
    const by = whoAskedToResume(entries, number);
    if (by === undefined)
      throw new SlipwayError(
        'not_resumable',
        `${releaseId} cannot be resumed by hand: nobody asked the API for telling ${number}, as \`slipway release resume\` does`,
      );
    const onRecord = stagesOnRecord(view, { entries, environments: await deploymentsOf(ports, view) });
    await tellOnce(ports, resumption, by);
    await putAside(ports.store, releaseId, number);
    const finished = await standing(ports, view, onRecord);
    const evidenceOf = (name: StageView['name']): Digest | undefined =>
      finished.find((stage) => stage.name === name)?.evidence;
    const integrated = evidenceOf('integrate');
    const built = evidenceOf('build');
    return {
      finished,
      decisions: decisionsOnRecord(releaseId, entries),
      ...bypassesOnRecord(entries),
      ...(integrated === undefined ? {} : await recallPlan(ports, view, integrated)),
      ...(built === undefined ? {} : { built: await readBuild(ports, built) }),
    };
  };

/** One telling is one run: another of the same number was started by hand, or reset. */
const tellOnce = async (
  { ledger }: Ports,
  { number, view, anyway, changed }: Resumption,
  by: string,
): Promise<void> => {
  const { releaseId, outcome, reason } = view;
  const body = {
    ...{ number, by, run: activityInfo().workflowExecution?.runId ?? '' },
    ...(anyway === undefined ? {} : { anyway }),
    ...(changed === undefined ? {} : { changed }),
    after: { outcome, reason },
  };
  try {
    await ledger.append(releaseId, `resumed.${number}`, 'release.resumed', Date.now(), body);
  } catch (error) {
    if (!(error instanceof SlipwayError) || error.code !== 'entry_taken') throw error;
    throw new SlipwayError(
      'not_resumable',
      `telling ${number} of ${releaseId} is on record already; \`slipway release resume\` begins the next one`,
    );
  }
};

const deploymentsOf = async (
  ports: Ports,
  { model, stages }: ReleaseView,
): Promise<Readonly<Record<string, readonly LedgerEntry[]>>> => {
  const names = [...new Set(stages.flatMap(({ name, environment }) => (name === 'deploy' ? (environment ?? []) : [])))];
  const streams = await Promise.all(
    names.map(async (name) => [name, await readChain(ports, environmentId(model, name))] as const),
  );
  return Object.fromEntries(streams);
};

/** What an environment took is finished only where it still serves it. */
const standing = async (
  ports: Ports,
  view: ReleaseView,
  stages: readonly StageView[],
): Promise<readonly StageView[]> => {
  for (const { environment } of stages.filter((stage) => stage.name === 'deploy')) {
    if (environment === undefined) continue;
    const state = await environmentState(ports, `environment/${view.model}/${environment}`);
    if (state?.champion?.artifactDigest !== view.artifactDigest) return withoutEnvironment(stages, environment);
  }
  return stages;
};

const recallPlan = async (
  ports: Ports,
  { releaseId, model, trigger }: ReleaseView,
  evidence: Digest,
): Promise<{ readonly plan: ReleasePlan; readonly authorship: Authorship }> => {
  const { specDigest, authorship } = await getJson<{ specDigest: Digest; authorship: Authorship }>(
    ports.store,
    evidence,
  );
  const spec = await getJson<Spec>(ports.store, specDigest);
  // The operator may ask more than when it was checked, or have taken an environment away.
  assertPlanHolds(ports.settings, model, spec.environments);
  const plan = trigger.kind === 'hotfix' ? await planOfHotfix(ports, releaseId, spec) : planOf(spec, specDigest);
  return { plan, authorship };
};
