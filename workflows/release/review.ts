import { ContinueAsNew } from '@temporalio/workflow';
import type { Version } from '../../src/domain/artifact/types.js';
import { gateOf } from '../../src/domain/approval/asking.js';
import type { ReleasePlan } from '../../src/domain/release/plan.js';
import type { EnvironmentSpec } from '../../src/domain/spec/types.js';
import { asReviewed } from '../../src/domain/urgency/hotfix.js';
import { awaitPeople } from './approve.js';
import { giveBack } from './giveBack.js';
import type { Story } from './story.js';

/**
 * A hotfix that came in by a rule of its own is looked at afterwards, by the rule of every other release. Where it is not
 * met in time, or somebody rejects it, or this ends otherwise, what it replaced comes back, also where something newer
 * came in on top meanwhile: that has the same commits in it, which nobody reviewed.
 */
export const awaitReview = async (
  story: Story,
  environment: EnvironmentSpec,
  plan: ReleasePlan,
  replaced: Version | undefined,
): Promise<void> => {
  const reviewed = asReviewed(environment);
  if (reviewed === undefined || environment.review === undefined) return;
  // One that goes on in another run, or is told on, knows what was there before; this telling does not.
  const before = story.view().review?.replaced ?? replaced;
  if (story.input.carried?.wait?.subject.gate !== gateOf('review', environment.name)) {
    const until = Date.now() + environment.review.withinMs;
    story.underReview({ environment: environment.name, until, ...(before === undefined ? {} : { replaced: before }) });
  }
  try {
    await awaitPeople(story, 'review', reviewed, plan);
  } catch (error) {
    if (error instanceof ContinueAsNew) throw error;
    await giveBack(story, environment, before, error);
  }
};
