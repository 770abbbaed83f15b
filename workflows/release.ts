/**
 * The story of one commit: integrate, build, package; then for each environment in order: approve, deploy,
 * verify, gate, soak; of a hotfix a review at the end. It owns the evidence and the decisions, and never touches traffic.
 */
import {
  allHandlersFinished,
  CancellationScope,
  condition,
  ContinueAsNew,
  isCancellation,
  proxyActivities,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';
import type { RecalledRelease } from '../activities/recallRelease.js';
import type { Version } from '../src/domain/artifact/types.js';
import type { EnvironmentSpec } from '../src/domain/spec/types.js';
import type { ReleasePlan } from '../src/domain/release/plan.js';
import type { Resumption } from '../src/domain/release/resumePoint.js';
import type { ReleaseOutcome, ReleaseView } from '../src/domain/release/types.js';
import { awaitApproval } from './release/approve.js';
import { awaitTurn } from './release/awaitTurn.js';
import { failureText, isRefusedBy } from './failureText.js';
import { bake, bakes } from './release/bake.js';
import { build } from './release/build.js';
import { mustPutBack } from './release/deploy.js';
import { giveBack } from './release/giveBack.js';
import { deployAfterHolds } from './release/hold.js';
import { leave } from './release/leave.js';
import { ReleaseEnd } from './release/releaseEnd.js';
import type { Story } from './release/story.js';
import { openStory } from './release/openStory.js';
import { awaitReview } from './release/review.js';
import { announce, reportToHost, tellTheEnd } from './release/neighbours.js';
import type { CarriedRelease, ReleaseInput } from './messages.js';
import { control, record, steps } from './retry.js';

const DAY_MS = 86_400_000;
const checking = proxyActivities<Activities>(steps(DAY_MS));
const recording = proxyActivities<Activities>(control);
const ending = proxyActivities<Activities>(record);

export async function release(input: ReleaseInput): Promise<ReleaseView> {
  const story = openStory(input);
  try {
    await story.supersedable.run(() => tell(story, input));
    story.end('promoted', 'every environment took it');
  } catch (error) {
    // Another run goes on; or it had ended for good, and somebody started it again by hand: what is on record stays.
    if (error instanceof ContinueAsNew || isRefusedBy(error, 'not_resumable')) throw error;
    const [outcome, reason] = endOf(story, error);
    story.end(outcome, reason);
  }
  await CancellationScope.nonCancellable(async () => {
    const finishing = ending.finishRelease.executeWithOptions({ summary: `record: ${story.view().outcome}` }, [
      story.view(),
    ]);
    // Also where the record is refused for good: neighbours that wait for this release must not wait for ever.
    await finishing.catch(() => undefined);
    await tellTheEnd(story, input);
    await reportToHost(story, await finishing);
    await condition(allHandlersFinished);
  });
  return story.view();
}

const tell = async (story: Story, input: ReleaseInput): Promise<void> => {
  const plan = input.carried === undefined ? await begin(story, input) : goOn(story, input.carried);
  const last = plan.environments.at(-1);
  // Everything before was told in another run.
  if (input.carried?.bake !== undefined && last !== undefined && bakes(last))
    return bake(story, last, plan, input.carried.bake.replaced);
  let replaced: Version | undefined;
  for (const environment of plan.environments) {
    replaced = await enter(story, environment, plan);
    await leave(story, environment, plan).catch((error: unknown) => {
      if (environment !== last) throw error;
      return giveBack(story, environment, replaced, error);
    });
  }
  await watch(story, plan).catch((error: unknown) => {
    if (last === undefined || !mustPutBack(error)) throw error;
    return giveBack(story, last, replaced, error);
  });
  if (last === undefined) return;
  await awaitReview(story, last, plan, replaced);
  if (bakes(last)) await bake(story, last, plan, story.view().review?.replaced ?? replaced);
};

/** Everything before the first environment. */
const begin = async (story: Story, input: ReleaseInput): Promise<ReleasePlan> => {
  const known = input.resume === undefined ? undefined : await recall(story, input.resume);
  const plan = known?.plan ?? (await integrate(story, input));
  await announce(story, plan);
  await awaitTurn(story, plan, 'build');
  await build(story, input, plan, known?.built);
  await awaitTurn(story, plan, 'entry');
  return plan;
};

/** An earlier run of this workflow came to a wait, and heard more there than one run may: this one goes on waiting. */
const goOn = (story: Story, { view, plan }: CarriedRelease): ReleasePlan => {
  const finished = view.stages.filter(({ status }) => status === 'passed');
  story.goOn(plan, finished);
  return plan;
};

/** What an earlier telling finished is neither done nor asked for again. */
const recall = async (story: Story, resume: Resumption): Promise<RecalledRelease> => {
  // A view of another release would say what that one had passed.
  const view = { ...resume.view, releaseId: story.releaseId, model: story.model };
  const known = await recording.recallRelease.executeWithOptions({ summary: 'how far it had come' }, [
    { ...resume, view },
  ]);
  story.recall(known.finished, resume.view.artifactDigest, known.decisions ?? resume.view.decisions, known);
  if (known.plan !== undefined && known.authorship !== undefined) story.learn(known.plan, known.authorship);
  return known;
};

const integrate = async (story: Story, input: ReleaseInput): Promise<ReleasePlan> => {
  const outcome = await story.stage('integrate', undefined, async () => {
    const checked = await checking.runChecks.executeWithOptions({ summary: `checks of ${input.commit.slice(0, 12)}` }, [
      { releaseId: story.releaseId, ...input, trigger: input.trigger.by, cause: causeOf(input) },
    ]);
    return { ...checked, result: checked };
  });
  story.learn(outcome.plan, outcome.authorship);
  return outcome.plan;
};

const causeOf = ({ trigger: { kind, reason } }: ReleaseInput) => ({
  kind,
  ...(reason === undefined ? {} : { reason }),
});

/** Approval where the environment asks for one, then the arbiter's word that it is deployed, and what it replaced. */
const enter = async (story: Story, environment: EnvironmentSpec, plan: ReleasePlan): Promise<Version | undefined> => {
  if (story.isFinished('deploy', environment.name)) return undefined;
  if (environment.approval.kind === 'required') await awaitApproval(story, environment, plan);
  if (environment.approval.kind === 'automatic' && plan.judgesAutomatic === true)
    await approveByEvidence(story, environment);
  return story.stage('deploy', environment.name, async () => {
    const settled = await deployAfterHolds(story, environment, plan, (before) => leave(story, before, plan, true));
    if (settled.outcome.kind === 'rolled_back') throw new ReleaseEnd('rolled_back', settled.outcome.reason);
    if (settled.outcome.kind === 'superseded')
      throw new ReleaseEnd('superseded', `superseded by ${settled.outcome.by}`);
    if (settled.outcome.kind === 'refused') throw new ReleaseEnd('failed', settled.outcome.reason);
    const { outcome } = settled;
    const replaced = outcome.kind === 'deployed' ? outcome.replaced : undefined;
    return { verdict: 'pass', reason: `serving in epoch ${settled.epoch}`, result: replaced };
  });
};

/** Nobody is asked: what came before must be green, on record and with evidence. */
const approveByEvidence = (story: Story, { name }: EnvironmentSpec): Promise<unknown> =>
  story.stage('approve', name, async () => {
    const about = { releaseId: story.releaseId, model: story.model, artifactDigest: story.artifact() };
    const result = await recording.approveAutomatically.executeWithOptions({ summary: `may it enter ${name}?` }, [
      { ...about, environment: name },
    ]);
    return { ...result, result };
  });

const watch = async (story: Story, plan: ReleasePlan): Promise<void> => {
  const last = plan.environments.at(-1);
  if (plan.monitoring === undefined || last === undefined) return;
  await recording.startMonitoring.executeWithOptions({ summary: `drift checks in ${last.name}` }, [
    { model: story.model, environment: last.name, everyMs: plan.monitoring.everyMs, note: story.releaseId },
  ]);
};

const endOf = (story: Story, error: unknown): readonly [ReleaseOutcome, string] => {
  if (error instanceof ReleaseEnd) return [error.outcome, error.message];
  // A worker that died with the commands it should end times out instead.
  if (isCancellation(error) || story.supersedable.consideredCancelled) {
    const newer = story.supersededBy();
    return newer === undefined ? ['cancelled', 'cancelled by request'] : ['superseded', `superseded by ${newer}`];
  }
  return ['failed', failureText(error)];
};
