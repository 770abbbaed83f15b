import {
  CancellationScope,
  CancelledFailure,
  condition,
  isCancellation,
  patched,
  proxyActivities,
} from '@temporalio/workflow';
import type { Activities } from '../../activities/index.js';
import type { Digest, Version } from '../../src/domain/artifact/types.js';
import type { DeploymentRequest, DeploymentSettled } from '../../src/domain/environment/types.js';
import type { EnvironmentSpec } from '../../src/domain/spec/types.js';
import type { AskedFor } from '../../src/domain/release/types.js';
import { environmentId, requestDeploymentSignal, withdrawSignal } from '../messages.js';
import { control } from '../retry.js';
import { environmentStart } from '../starts.js';
import { ANSWERS_WITHIN_MS } from './answers.js';
import { ReleaseEnd } from './releaseEnd.js';
import type { Story } from './story.js';

const { sendMessage } = proxyActivities<Activities>(control);

/** Releases from before this ended at once, and an environment may have taken them afterwards. */
const WAITS_WHEN_CANCELLED = 'cancelled-release-waits';

/**
 * Asks the arbiter of an environment to deploy this release's artifact, and waits for its word. A release that is
 * cancelled meanwhile takes the request back first; that it was deployed all the same is a word, too.
 *
 * @param thaws how often it was held back and asked before: it asks anew each time
 */
export const requestDeployment = async (
  story: Story,
  environment: EnvironmentSpec,
  thaws = 0,
): Promise<DeploymentSettled> => {
  const view = story.view();
  const request: DeploymentRequest = {
    requestId: `${requestIdOf(story, environment)}${thaws === 0 ? '' : `~${thaws}`}`,
    kind: 'release',
    version: { artifactDigest: story.artifact(), releaseId: story.releaseId, commit: view.commit },
    rollout: environment.rollout,
    order: view.order,
    replyTo: story.releaseId,
    by: view.trigger.by,
    reason: `release of ${view.commit.slice(0, 12)}`,
    // Whoever resumes one asks for it anew.
    ...(view.resumed === undefined ? { since: view.startedAt } : {}),
    ...(environment.bake === undefined ? {} : { bakes: true }),
  };
  if (environment.name === story.plan()?.environments.at(-1)?.name) story.passPointOfNoReturn();
  try {
    return await ask(story, environment, request, 'entry');
  } catch (error) {
    if (!mustPutBack(error)) throw error;
    const settled = await takeBack(story, environment, request);
    if (settled?.outcome.kind === 'deployed') return settled;
    throw error;
  }
};

/** Is the release cancelled, and to end only when what it changed is back? */
export const mustPutBack = (error: unknown): boolean => isCancellation(error) && patched(WAITS_WHEN_CANCELLED);

/** Throws where the release was cancelled while an environment took it: it does not go on from there. */
export const assertNotCancelled = (): void => {
  const scope = CancellationScope.current();
  if (scope.consideredCancelled && patched(WAITS_WHEN_CANCELLED)) throw new CancelledFailure('cancelled');
};

/** By an activity that starts the arbiter where there is none: a request that arrives late finds it taken back. */
const takeBack = (
  story: Story,
  environment: EnvironmentSpec,
  asked: DeploymentRequest,
): Promise<DeploymentSettled | undefined> =>
  CancellationScope.nonCancellable(async () => {
    await sendMessage.executeWithOptions({ summary: `take back what ${environment.name} was asked` }, [
      {
        workflowId: environmentId(story.model, environment.name),
        signal: withdrawSignal.name,
        argument: { releaseId: story.releaseId, asked },
        start: environmentStart(story.model, environment.name),
      },
    ]);
    return word(story, environment, asked, 'withdrawal');
  });

/** Asks the arbiter to put back what this release took the place of, and waits for its word. */
export const requestRollback = (
  story: Story,
  environment: EnvironmentSpec,
  version: Version,
  reason: string,
  onlyFrom?: Digest,
): Promise<DeploymentSettled> => {
  const request: DeploymentRequest = {
    requestId: `${requestIdOf(story, environment)}/back`,
    kind: 'rollback',
    version,
    rollout: { strategy: 'immediate' },
    order: 0,
    replyTo: story.releaseId,
    by: story.releaseId,
    reason: reason.slice(0, 500),
    ...(onlyFrom === undefined ? {} : { onlyFrom }),
  };
  return ask(story, environment, request, 'return');
};

/** A resumed release asks anew: the answer to what it asked before is known, and was not enough. */
const requestIdOf = (story: Story, environment: EnvironmentSpec): string => {
  const { resumed } = story.view();
  return `${story.releaseId}@${environment.name}${resumed === undefined ? '' : `#${resumed}`}`;
};

const ask = async (
  story: Story,
  environment: EnvironmentSpec,
  request: DeploymentRequest,
  askedFor: 'entry' | 'return',
): Promise<DeploymentSettled> => {
  const summary = `ask ${environment.name} to ${askedFor === 'entry' ? 'deploy' : 'go back'}`;
  await sendMessage.executeWithOptions({ summary }, [
    {
      workflowId: environmentId(story.model, environment.name),
      signal: requestDeploymentSignal.name,
      argument: request,
      start: environmentStart(story.model, environment.name),
    },
  ]);
  const settled = await word(story, environment, request, askedFor);
  if (settled === undefined) throw new ReleaseEnd('failed', `timed_out: ${environment.name} did not answer`);
  return settled;
};

const word = async (
  story: Story,
  environment: EnvironmentSpec,
  { requestId }: DeploymentRequest,
  askedFor: AskedFor,
): Promise<DeploymentSettled | undefined> => {
  story.expectAnswers();
  story.asked({ environment: environment.name, requestId });
  const since = Date.now();
  story.awaits({ environment: environment.name, askedFor, since, until: since + ANSWERS_WITHIN_MS });
  await condition(() => story.settledOf(requestId) !== undefined || story.answersOverdue());
  story.awaits(undefined);
  return story.settledOf(requestId);
};
