import { condition, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../../activities/index.js';
import type { Version } from '../../src/domain/artifact/types.js';
import type { DeploymentRequest, DeploymentSettled } from '../../src/domain/environment/types.js';
import type { EnvironmentSpec } from '../../src/domain/spec/types.js';
import { environmentId, requestDeploymentSignal } from '../messages.js';
import { control } from '../retry.js';
import { environmentStart } from '../starts.js';
import { ReleaseEnd, type Story } from './story.js';

const { sendMessage } = proxyActivities<Activities>(control);

/** Asks the arbiter of an environment to deploy this release's artifact, and waits for its word. */
export const requestDeployment = async (story: Story, environment: EnvironmentSpec): Promise<DeploymentSettled> => {
  const view = story.view();
  const request: DeploymentRequest = {
    requestId: requestIdOf(story, environment),
    kind: 'release',
    version: { artifactDigest: story.artifact(), releaseId: story.releaseId, commit: view.commit },
    rollout: environment.rollout,
    order: view.order,
    replyTo: story.releaseId,
    by: view.trigger.by,
    reason: `release of ${view.commit.slice(0, 12)}`,
  };
  if (environment.name === story.plan()?.environments.at(-1)?.name) story.passPointOfNoReturn();
  return ask(story, environment, request, `ask ${environment.name} to deploy`);
};

/** Asks the arbiter to put back what this release took the place of, and waits for its word. */
export const requestRollback = (
  story: Story,
  environment: EnvironmentSpec,
  version: Version,
  reason: string,
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
  };
  return ask(story, environment, request, `ask ${environment.name} to go back`);
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
  summary: string,
): Promise<DeploymentSettled> => {
  await sendMessage.executeWithOptions({ summary }, [
    {
      workflowId: environmentId(story.model, environment.name),
      signal: requestDeploymentSignal.name,
      argument: request,
      start: environmentStart(story.model, environment.name),
    },
  ]);
  story.expectAnswers();
  story.asked({ environment: environment.name, requestId: request.requestId });
  await condition(() => story.settledOf(request.requestId) !== undefined || story.answersOverdue());
  const settled = story.settledOf(request.requestId);
  if (settled === undefined) throw new ReleaseEnd('failed', `timed_out: ${environment.name} did not answer`);
  return settled;
};
