import { getExternalWorkflowHandle, proxyActivities } from '@temporalio/workflow';
import type { FinishedRelease } from '../../activities/finishRelease.js';
import type { Activities } from '../../activities/index.js';
import type { ReleasePlan } from '../../src/domain/release/plan.js';
import {
  announceSignal,
  environmentId,
  releaseEndedSignal,
  releaseId,
  withdrawSignal,
  type ReleaseInput,
} from '../messages.js';
import { control } from '../retry.js';
import { environmentStart } from '../starts.js';
import type { Story } from './story.js';

const { sendMessage, reportRelease } = proxyActivities<Activities>(control);

/** Tells the last environment that this release is on its way; it supersedes older ones by the order of commits. */
export const announce = async (story: Story, plan: ReleasePlan): Promise<void> => {
  const last = plan.environments.at(-1);
  if (last === undefined) return;
  await sendMessage.executeWithOptions({ summary: `announce to ${last.name}` }, [
    {
      workflowId: environmentId(story.model, last.name),
      signal: announceSignal.name,
      argument: {
        ...{ releaseId: story.releaseId, order: story.view().order },
        // Plans from before releases could follow each other in line do not say.
        ...(plan.whenBusy === undefined ? {} : { whenBusy: plan.whenBusy }),
        ...(plan.turnWithinMs === undefined ? {} : { listens: true }),
        ...(story.input.trigger.kind === 'hotfix' ? { insteadOf: releaseId(story.model, story.input.commit) } : {}),
      },
      start: environmentStart(story.model, last.name),
    },
  ]);
};

/** Whoever counts on this release hears of its end; that a listener is gone is no reason to fail. */
export const tellTheEnd = async (story: Story, input: ReleaseInput): Promise<void> => {
  const view = story.view();
  // Who has its turn keeps it until it has ended, whatever the end.
  if (view.outcome !== 'promoted' || story.plan()?.whenBusy !== undefined)
    for (const environment of counting(story)) {
      const arbiter = getExternalWorkflowHandle(environmentId(story.model, environment));
      await tell(() => arbiter.signal(withdrawSignal, { releaseId: story.releaseId }));
    }
  if (input.trigger.kind === 'retrain') {
    const ended = { releaseId: story.releaseId, outcome: view.outcome ?? 'failed', reason: view.reason ?? '' };
    await tell(() => getExternalWorkflowHandle(input.trigger.by).signal(releaseEndedSignal, ended));
  }
};

/**
 * A version that waits for labels is in nobody's way: its turn in line is over, and who counts on it may go on. Its
 * commit has a status that says how far it is.
 */
export const tellProvisional = async (story: Story): Promise<void> => {
  const { input } = story;
  if (story.plan()?.whenBusy !== undefined)
    for (const environment of counting(story)) {
      const arbiter = getExternalWorkflowHandle(environmentId(story.model, environment));
      await tell(() => arbiter.signal(withdrawSignal, { releaseId: story.releaseId }));
    }
  if (input.trigger.kind === 'retrain') {
    const ended = { releaseId: story.releaseId, outcome: 'provisional', reason: story.view().reason ?? '' };
    await tell(() => getExternalWorkflowHandle(input.trigger.by).signal(releaseEndedSignal, ended));
  }
  await tell(() => reportRelease.executeWithOptions({ summary: 'status of the commit' }, [story.view()]));
};

/** The last environment, to which it was announced, and one that was asked to deploy it and has not answered. */
const counting = (story: Story): readonly string[] => {
  const last = story.plan()?.environments.at(-1)?.name;
  const asked = story.unanswered();
  return [...new Set([...(asked === undefined ? [] : [asked]), ...(last === undefined ? [] : [last])])];
};

/**
 * A Git host that was away when the end was recorded is told for another day; a release does not fail for want of a
 * status. Releases from before the two were told apart recorded nothing.
 */
export const reportToHost = async (story: Story, recorded: FinishedRelease | undefined): Promise<void> => {
  if (recorded?.reported !== false) return;
  await tell(() => reportRelease.executeWithOptions({ summary: 'status of the commit' }, [story.view()]));
};

const tell = async (message: () => Promise<void>): Promise<void> => {
  await message().catch(() => undefined);
};
