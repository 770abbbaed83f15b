import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../../activities/index.js';
import type { ReleasePlan } from '../../src/domain/release/plan.js';
import type { EnvironmentSpec } from '../../src/domain/spec/types.js';
import { evidence } from '../retry.js';
import { assertNotCancelled } from './deploy.js';
import { soak } from './soak.js';
import type { Story } from './story.js';

const judging = proxyActivities<Activities>(evidence('serve'));

/**
 * Evidence from the running artifact, and the gates that must pass before it moves on.
 *
 * @param again also what an earlier telling finished, because a hold outlasted it
 */
export const leave = async (
  story: Story,
  environment: EnvironmentSpec,
  plan: ReleasePlan,
  again = false,
): Promise<void> => {
  assertNotCancelled();
  const about = {
    releaseId: story.releaseId,
    model: story.model,
    environment: environment.name,
    artifactDigest: story.artifact(),
    specDigest: plan.specDigest,
  };
  if (environment.verify.smokeRows > 0 && (again || !story.isFinished('verify', environment.name))) {
    await story.stage('verify', environment.name, async () => {
      const result = await judging.smokeTest.executeWithOptions({ summary: `smoke test in ${environment.name}` }, [
        { ...about, rows: environment.verify.smokeRows },
      ]);
      return { ...result, result };
    });
  }
  await passGates(story, environment, plan, about, again);
  if (environment.soakMs !== undefined && !story.isFinished('soak', environment.name))
    await soak(story, environment, environment.soakMs);
};

const passGates = async (
  story: Story,
  environment: EnvironmentSpec,
  plan: ReleasePlan,
  about: Omit<Parameters<Activities['evaluateGates']>[0], 'gates' | 'championOf' | 'resume'>,
  again: boolean,
): Promise<void> => {
  if (environment.gates.length === 0 || (!again && story.isFinished('gate', environment.name))) return;
  const { resumed } = story.view();
  await story.stage('gate', environment.name, async () => {
    const result = await judging.evaluateGates.executeWithOptions(
      { summary: `gates of ${environment.name}: ${environment.gates.join(', ')}` },
      [
        {
          ...about,
          gates: environment.gates,
          championOf: plan.environments.at(-1)?.name ?? environment.name,
          ...(resumed === undefined ? {} : { resume: { number: resumed } }),
        },
      ],
    );
    return { ...result, result };
  });
};
