import { CancellationScope } from '@temporalio/workflow';
import type { Digest, Version } from '../../src/domain/artifact/types.js';
import type { EnvironmentSpec } from '../../src/domain/spec/types.js';
import { requestRollback } from './deploy.js';
import { failureText } from '../failureText.js';
import { ReleaseEnd } from './releaseEnd.js';
import type { Story } from './story.js';

/**
 * A version that has all of the traffic and then fails its evidence, or whose release is cancelled there, does not
 * stay: what ran before is put back first. Always throws the end of the story.
 */
export const giveBack = (
  story: Story,
  environment: EnvironmentSpec,
  replaced: Version | undefined,
  cause: unknown,
  onlyFrom?: Digest,
): Promise<never> =>
  CancellationScope.nonCancellable(async () => {
    const why = failureText(cause);
    if (replaced === undefined)
      throw new ReleaseEnd(
        cause instanceof ReleaseEnd ? cause.outcome : 'failed',
        `${why}; nothing ran in ${environment.name} before, so this version still serves`,
      );
    const { outcome } = await requestRollback(story, environment, replaced, why, onlyFrom);
    const commit = replaced.commit.slice(0, 12);
    if (outcome.kind === 'deployed') throw new ReleaseEnd('rolled_back', `${why}; ${commit} serves again`);
    const because = 'reason' in outcome ? outcome.reason : outcome.kind;
    throw new ReleaseEnd('failed', `${why}; ${commit} could not be put back: ${because}`);
  });
