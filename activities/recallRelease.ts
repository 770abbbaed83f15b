import type { BlobRef, Digest } from '../src/domain/artifact/types.js';
import { planOf, type ReleasePlan } from '../src/domain/release/plan.js';
import { decisionsOnRecord, refusalOnRecord, stagesOnRecord } from '../src/domain/release/onRecord.js';
import { withoutEnvironment, type Resumption } from '../src/domain/release/resumePoint.js';
import type { Authorship, DecisionRecord, ReleaseView, StageView } from '../src/domain/release/types.js';
import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import type { Spec } from '../src/domain/spec/types.js';
import type { LedgerEntry } from '../src/ports/ledger.js';
import { environmentId } from '../workflows/messages.js';
import type { BuildOutcome, BuiltFile } from './buildModel.js';
import { getJson } from './documents.js';
import { environmentState } from './environmentState.js';
import { assertPlanHolds } from './heldToTerms.js';
import type { Ports } from './ports.js';
import { putAside } from './putAside.js';
import { readChain } from './versionAuthority.js';

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
}

/**
 * Reads from ledger and store how far a release had come, and puts what it left there under a name of its own, so that
 * what is told now takes its place. The engine may have forgotten the release; and since anybody who reaches it can start
 * one with any view, nothing of the view is believed that the ledger does not say. What had ended with a verdict is
 * `not_resumable`, and stays as it is on record.
 */
export const createRecallRelease =
  (ports: Ports) =>
  async ({ number, view, by, anyway, changed }: Resumption): Promise<RecalledRelease> => {
    const { releaseId, outcome, reason } = view;
    const entries = await readChain(ports, releaseId);
    const refusal = refusalOnRecord(releaseId, entries);
    if (refusal !== undefined)
      throw new SlipwayError('not_resumable', `${releaseId} cannot be resumed: ${refusal}, says the ledger`);
    const onRecord = stagesOnRecord(view, { entries, environments: await deploymentsOf(ports, view) });
    await ports.ledger.append(releaseId, `resumed.${number}`, 'release.resumed', Date.now(), {
      number,
      ...(by === undefined ? {} : { by }),
      ...(anyway === undefined ? {} : { anyway }),
      ...(changed === undefined ? {} : { changed }),
      after: { outcome, reason },
    });
    await putAside(ports.store, releaseId, number);
    const finished = await standing(ports, view, onRecord);
    const evidenceOf = (name: StageView['name']): Digest | undefined =>
      finished.find((stage) => stage.name === name)?.evidence;
    const integrated = evidenceOf('integrate');
    const built = evidenceOf('build');
    return {
      finished,
      decisions: decisionsOnRecord(releaseId, entries),
      ...(integrated === undefined ? {} : await recallPlan(ports, view.model, integrated)),
      ...(built === undefined ? {} : { built: await recallBuild(ports, built) }),
    };
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
  model: string,
  evidence: Digest,
): Promise<{ readonly plan: ReleasePlan; readonly authorship: Authorship }> => {
  const { specDigest, authorship } = await getJson<{ specDigest: Digest; authorship: Authorship }>(
    ports.store,
    evidence,
  );
  const spec = await getJson<Spec>(ports.store, specDigest);
  // The operator may ask more than when it was checked, or have taken an environment away.
  assertPlanHolds(ports.settings, model, spec.environments);
  return { plan: planOf(spec, specDigest), authorship };
};

const recallBuild = async (ports: Ports, evidence: Digest): Promise<BuildOutcome> => {
  type Outputs = Readonly<Record<'model' | 'evaluation' | 'reference', BuiltFile>> & { readonly report?: BuiltFile };
  const { outputs, packages } = await getJson<{ outputs: Outputs; packages?: BlobRef }>(ports.store, evidence);
  return { ...outputs, ...(packages === undefined ? {} : { packages }), evidence };
};
