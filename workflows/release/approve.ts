import { condition, patched } from '@temporalio/workflow';
import { gateOf, type Asking } from '../../src/domain/approval/asking.js';
import type { ReleasePlan } from '../../src/domain/release/plan.js';
import type { DecisionRecord } from '../../src/domain/release/types.js';
import type { EnvironmentSpec } from '../../src/domain/spec/types.js';
import { openTiming } from './approvalTiming.js';
import { ask, lookAgain } from './ask.js';
import { passedBy } from './breakGlass.js';
import { handOver, isBusy, mustHandOver } from './handOver.js';
import { cutOff, standing, takeIn, takeNext, verify } from './judge.js';
import { ReleaseEnd } from './releaseEnd.js';
import { screen } from './screen.js';
import type { StageResult } from './stages.js';
import type { Story } from './story.js';
import { shownOf, type Wait } from './wait.js';

/** Waits, for as long as the policy says, until enough people approved, one rejected, or the wait expired. */
export const awaitApproval = (story: Story, environment: EnvironmentSpec, plan: ReleasePlan): Promise<void> =>
  awaitPeople(story, 'approve', environment, plan);

/**
 * The same of a review: by the rule of every other release, when a hotfix is in.
 *
 * The loop is one function on purpose: one more `await` on its way would change the order of commands that are due at the
 * same time, and releases that wait would not replay.
 */
export const awaitPeople = async (
  story: Story,
  asking: Asking,
  environment: EnvironmentSpec,
  plan: ReleasePlan,
): Promise<void> => {
  const policy = environment.approval;
  if (policy.kind !== 'required') return;
  await story.stage(asking, environment.name, async () => {
    const carried = story.takeCarried(gateOf(asking, environment.name));
    const timing = openTiming(story, asking, environment.name, policy, carried?.timing);
    const asked = { asking, environment, plan, policy, timing };
    const wait: Wait = carried === undefined ? await ask(story, asked) : { ...asked, progress: carried };
    for (;;) {
      if (mustHandOver() && !isBusy(story)) {
        await handOver(story, timing, wait.progress);
        continue;
      }
      const { at, summary } = timing.next();
      story.wait(shownOf(wait));
      const something = (): boolean => story.decisions.length > 0 || isBroken(story, wait) || story.mayLook();
      await condition(something, Math.max(1, at - Date.now()), { summary });
      if (isBroken(story, wait)) return finish(story, wait, passedBy(story.glass.take('approve', environment.name)));
      await screen(story, wait.progress);
      if (story.takeLook()) {
        if (looksByItself(wait)) await lookAgain(story, wait);
        continue;
      }
      const arrived = takeNext(story);
      if (arrived === undefined) {
        if (Date.now() < at) continue;
        if (timing.take() === 'expired') throw expired(wait);
        if (looksByItself(wait)) await lookAgain(story, wait);
        continue;
      }
      let record: DecisionRecord | undefined;
      try {
        const judged = await verify(story, wait, arrived);
        ({ record } = judged);
        takeIn(story, wait, judged);
        if (judged.evidenceChanged) await lookAgain(story, wait);
      } catch (error) {
        cutOff(story, arrived, record);
        throw error;
      }
      const tally = standing(wait, arrived, record);
      if (tally.kind === 'approved') return finish(story, wait, tally.reason);
      if (tally.kind === 'rejected') throw rejected(wait, tally.reason);
    }
  });
};

/** A review is what makes up for a bypass: nobody breaks the glass for it. */
const isBroken = (story: Story, { asking, environment }: Wait): boolean =>
  asking === 'approve' && story.glass.isOpen('approve', environment.name);

/** Waits from before evidence named its authors here look only where a decision finds that something changed. */
const looksByItself = ({ progress }: Wait): boolean => progress.authorship !== undefined;

const expired = ({ timing, asking, environment }: Wait): ReleaseEnd => {
  timing.stop();
  const what = asking === 'review' ? 'reviewed the hotfix in' : 'decided on';
  return new ReleaseEnd('expired', `nobody ${what} ${environment.name} in time`);
};

const rejected = ({ timing }: Wait, reason: string): ReleaseEnd => {
  timing.stop();
  return new ReleaseEnd('rejected', reason);
};

const finish = (story: Story, { timing }: Wait, reason: string): StageResult<undefined> => {
  timing.stop();
  // Releases from before this left them without an answer until their end.
  if (story.decisions.length > 0 && patched('late-decisions-refused')) story.refuseRest();
  story.wait(undefined);
  return { verdict: 'pass', reason, result: undefined };
};
