import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../../activities/index.js';
import type { BuildOutcome } from '../../activities/buildModel.js';
import type { ReleasePlan } from '../../src/domain/release/plan.js';
import type { ReleaseInput } from '../messages.js';
import { evidence, steps } from '../retry.js';
import type { Story } from './story.js';

const packaging = proxyActivities<Activities>(evidence('build'));

/** The artifact: what the build steps leave behind, packaged, attested and stored. */
export const build = async (
  story: Story,
  input: ReleaseInput,
  plan: ReleasePlan,
  recalled: BuildOutcome | undefined,
): Promise<void> => {
  if (story.isFinished('package')) return;
  const built = recalled ?? (await runBuild(story, input, plan));
  await story.stage('package', undefined, async () => {
    const result = await packaging.packageArtifact.executeWithOptions({ summary: 'package, attest and store' }, [
      {
        releaseId: story.releaseId,
        model: input.model,
        repository: input.repository,
        commit: input.commit,
        params: input.params,
        specDigest: plan.specDigest,
        built,
      },
    ]);
    story.hasArtifact(result.artifactDigest);
    return { verdict: 'pass', reason: `stored as ${result.artifactDigest}`, evidence: result.evidence, result };
  });
};

const runBuild = (story: Story, input: ReleaseInput, plan: ReleasePlan): Promise<BuildOutcome> => {
  const building = proxyActivities<Activities>(steps(plan.buildTimeoutMs));
  return story.stage('build', undefined, async () => {
    const result = await building.buildModel.executeWithOptions({ summary: 'run the build steps' }, [
      { releaseId: story.releaseId, ...input },
    ]);
    return {
      verdict: 'pass',
      reason: `built ${result.model.path}, ${result.model.size} bytes`,
      evidence: result.evidence,
      result,
    };
  });
};
