import { condition, continueAsNew, isCancellation, patched, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../../activities/index.js';
import type { BakeFound } from '../../activities/lookAtBake.js';
import type { Version } from '../../src/domain/artifact/types.js';
import type { ReleasePlan } from '../../src/domain/release/plan.js';
import { nextBakeLook } from '../../src/domain/rollout/judgeBake.js';
import type { BakeSpec } from '../../src/domain/spec/bake.js';
import type { EnvironmentSpec } from '../../src/domain/spec/types.js';
import { failureText } from '../failureText.js';
import { historyIsLong } from '../historyIsLong.js';
import type { CarriedBake } from '../messages.js';
import { delivery, evidence } from '../retry.js';
import { giveBack } from './giveBack.js';
import { tellProvisional } from './neighbours.js';
import { ReleaseEnd } from './releaseEnd.js';
import type { StageResult } from './stages.js';
import type { Story } from './story.js';

const { lookAtBake } = proxyActivities<Activities>(evidence('monitor'));
const { notify } = proxyActivities<Activities>(delivery);

type Baked = EnvironmentSpec & { readonly bake: BakeSpec };

export const bakes = (environment: EnvironmentSpec): environment is Baked =>
  // Releases from before this ended as promoted with their last gate.
  environment.bake !== undefined && patched('bakes');

/**
 * The last chapter of a version that has all traffic: it is provisional until labels say what it was really worth. Then
 * it is confirmed, or what it replaced comes back. Nothing waits for it meanwhile: something newer ends it.
 */
export const bake = async (
  story: Story,
  environment: Baked,
  plan: ReleasePlan,
  replaced: Version | undefined,
): Promise<void> => {
  const carried = story.input.carried?.bake;
  const progress = carried ?? begin(environment.bake, replaced);
  if (carried === undefined) {
    story.provisional(`serves in ${environment.name} until labels say what it is worth`);
    await tellProvisional(story);
  }
  try {
    await story.stage('bake', environment.name, () => untilKnown(story, environment, plan, progress));
  } catch (error) {
    if (!(error instanceof Refuted) && !isCancellation(error)) throw error;
    await tellOwners(story, environment, plan, 'is taken back', failureText(error));
    await giveBack(story, environment, progress.replaced, error, story.artifact());
  }
};

/** What it really lost is beyond its limit, or nobody knows and its spec says that it goes then. */
class Refuted extends Error {}

const begin = ({ withinMs }: BakeSpec, replaced: Version | undefined): CarriedBake => ({
  until: Date.now() + withinMs,
  ...(replaced === undefined ? {} : { replaced }),
});

const untilKnown = async (
  story: Story,
  environment: Baked,
  plan: ReleasePlan,
  begun: CarriedBake,
): Promise<StageResult<undefined>> => {
  for (let progress = begun; ;) {
    const { since, verdict, evidence: found } = await look(story, environment, plan, progress);
    progress = { ...progress, ...(since === undefined ? {} : { since }) };
    const done = { reason: 'reason' in verdict ? verdict.reason : '', result: undefined };
    if (verdict.kind === 'confirmed')
      return { verdict: 'pass', ...done, ...(found === undefined ? {} : { evidence: found }) };
    if (verdict.kind === 'refuted') throw new Refuted(verdict.reason);
    if (verdict.kind === 'replaced') throw replacedBy(verdict);
    if (Date.now() >= progress.until) return undecided(story, environment, plan, verdict.reason);
    const until = utc(progress.until);
    story.tellStage('bake', environment.name, `waits for labels until ${until}: ${verdict.reason}`);
    // Nobody is asked here, and whoever decides all the same is refused at once: nothing is lost between two runs.
    if (historyIsLong()) await continueAsNew({ ...story.input, carried: { ...story.carry(), bake: progress } });
    const pause = nextBakeLook(environment.bake, Date.now(), progress.until);
    await condition(story.mayLook, pause, { summary: `waits for labels until ${until}` });
    story.takeLook();
  }
};

const look = (
  story: Story,
  { name, bake: spec }: Baked,
  plan: ReleasePlan,
  { since }: CarriedBake,
): Promise<BakeFound> =>
  lookAtBake.executeWithOptions({ summary: `what was it worth in ${name}?` }, [
    {
      releaseId: story.releaseId,
      model: story.model,
      environment: name,
      artifactDigest: story.artifact(),
      bake: spec,
      labelDelayMs: spec.labelDelayMs ?? plan.monitoring?.labelDelayMs ?? 0,
      ...(since === undefined ? {} : { since }),
    },
  ]);

const replacedBy = ({ by, how }: Extract<BakeFound['verdict'], { kind: 'replaced' }>): ReleaseEnd =>
  how === 'newer'
    ? new ReleaseEnd('superseded', `${by} took its place before enough labels were there`)
    : new ReleaseEnd('rolled_back', `${by} was put back before enough labels were there`);

/** Too few labels came in time. */
const undecided = async (
  story: Story,
  environment: Baked,
  plan: ReleasePlan,
  reason: string,
): Promise<StageResult<undefined>> => {
  const why = `no verdict by its deadline: ${reason}`;
  switch (environment.bake.otherwise) {
    case 'confirm':
      return { verdict: 'pass', reason: `confirmed without a verdict: ${reason}`, result: undefined };
    case 'revert':
      throw new Refuted(why);
    case 'ask':
      await tellOwners(story, environment, plan, 'stays provisional', why);
      throw new ReleaseEnd('provisional', `${why}; it serves on, and nobody confirmed it`);
  }
};

/** An owner that no notification reaches is no reason to leave a version where it is. */
const tellOwners = async (
  { releaseId, model }: Story,
  { name }: Baked,
  { owners }: ReleasePlan,
  what: string,
  reason: string,
): Promise<void> => {
  for (const to of owners)
    await notify
      .executeWithOptions({ summary: `tell ${to}: its version ${what}` }, [
        {
          id: `${releaseId}/bake.${name}/${to}`,
          kind: 'release_ended',
          to,
          subject: `${model} in ${name} ${what}`,
          body: `${reason}\nRun: slipway release show ${releaseId}`,
          data: { releaseId, environment: name, reason },
        },
      ])
      .catch(() => undefined);
};

const utc = (at: number): string => `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
