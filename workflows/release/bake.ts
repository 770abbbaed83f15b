import { condition, continueAsNew, isCancellation, patched, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../../activities/index.js';
import type { BakeFound } from '../../activities/lookAtBake.js';
import type { Version } from '../../src/domain/artifact/types.js';
import type { ReleasePlan } from '../../src/domain/release/plan.js';
import { lookDue, nextJudgement } from '../../src/domain/bake/bakeTiming.js';
import type { BakeSpec } from '../../src/domain/spec/bake.js';
import type { EnvironmentSpec } from '../../src/domain/spec/types.js';
import { failureText } from '../failureText.js';
import { historyIsLong } from '../historyIsLong.js';
import type { CarriedBake } from '../messages.js';
import { evidence } from '../retry.js';
import { askOwners } from './askOwners.js';
import { Refuted, replacedBy, tellOwners, utc } from './bakeEnd.js';
import { giveBack } from './giveBack.js';
import { tellProvisional } from './neighbours.js';
import { ReleaseEnd } from './releaseEnd.js';
import type { StageResult } from './stages.js';
import type { Story } from './story.js';

const { lookAtBake } = proxyActivities<Activities>(evidence('monitor'));

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
    await tellOwners(story, plan, { environment: environment.name, what: 'is taken back', reason: failureText(error) });
    await giveBack(story, environment, progress.replaced, error, story.artifact());
  }
};

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
  if (begun.asked !== undefined) return askOwners(story, environment, plan, begun, begun.asked.reason);
  // Looks that a message brought forward judged labels in releases from before this, and put the next ones off.
  const isPaced = patched('bake-judges-by-the-clock');
  for (let progress = begun; ;) {
    const due = isPaced ? lookDue(Date.now(), progress.judgeAt ?? 0) : 'labels';
    const { since, verdict, evidence: found } = await look(story, environment, plan, progress, due);
    progress = { ...progress, ...(since === undefined ? {} : { since }) };
    const reason = 'reason' in verdict ? verdict.reason : '';
    const done = { reason, result: undefined };
    if (verdict.kind === 'confirmed')
      return { verdict: 'pass', ...done, ...(found === undefined ? {} : { evidence: found }) };
    if (verdict.kind === 'refuted') throw new Refuted(verdict.reason);
    if (verdict.kind === 'replaced') throw replacedBy(verdict);
    if (due === 'labels') {
      if (Date.now() >= progress.until) return undecided(story, environment, plan, progress, reason);
      const judgeAt = nextJudgement(environment.bake, Date.now(), progress.until);
      progress = { ...progress, judgeAt, found: reason };
    }
    const until = utc(progress.until);
    story.tellStage('bake', environment.name, `waits for labels until ${until}: ${progress.found ?? ''}`);
    // Nobody is asked here, and whoever decides all the same is refused at once: nothing is lost between two runs.
    if (historyIsLong()) await continueAsNew({ ...story.input, carried: { ...story.carry(), bake: progress } });
    const pause = Math.max(1, (progress.judgeAt ?? 0) - Date.now());
    await condition(story.mayLook, pause, { summary: `waits for labels until ${until}` });
    story.takeLook();
  }
};

const look = (
  story: Story,
  { name, bake: spec }: Baked,
  plan: ReleasePlan,
  { since }: CarriedBake,
  due: 'labels' | 'place',
): Promise<BakeFound> =>
  lookAtBake.executeWithOptions(
    { summary: due === 'labels' ? `what was it worth in ${name}?` : `does it serve in ${name} still?` },
    [
      {
        releaseId: story.releaseId,
        model: story.model,
        environment: name,
        artifactDigest: story.artifact(),
        bake: spec,
        labelDelayMs: spec.labelDelayMs ?? plan.monitoring?.labelDelayMs ?? 0,
        ...(since === undefined ? {} : { since }),
        ...(due === 'place' ? { only: due } : {}),
      },
    ],
  );

/** Too few labels came in time. */
const undecided = async (
  story: Story,
  environment: Baked,
  plan: ReleasePlan,
  progress: CarriedBake,
  reason: string,
): Promise<StageResult<undefined>> => {
  const why = `no verdict by its deadline: ${reason}`;
  switch (environment.bake.otherwise) {
    case 'confirm':
      return { verdict: 'pass', reason: `confirmed without a verdict: ${reason}`, result: undefined };
    case 'revert':
      throw new Refuted(why);
    case 'ask':
      // Releases from before this told their owners, and ended.
      if (patched('bake-asks')) return askOwners(story, environment, plan, progress, why);
      await tellOwners(story, plan, { environment: environment.name, what: 'stays provisional', reason: why });
      throw new ReleaseEnd('provisional', `${why}; it serves on, and nobody confirmed it`);
  }
};
