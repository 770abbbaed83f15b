import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../../activities/index.js';
import { rolesOfWord } from '../../src/domain/rollout/stepWord.js';
import type { AwaitedWord } from '../../src/domain/rollout/types.js';
import type { CanaryStepSpec } from '../../src/domain/spec/types.js';
import { rolloutId, type RolloutInput } from '../messages.js';
import { control, delivery } from '../retry.js';
import { RolloutAborted, type Controls } from './controls.js';
import type { Watch } from './watch.js';

const { lookForWord } = proxyActivities<Activities>(control);
const { notify } = proxyActivities<Activities>(delivery);

/**
 * Behind a step that asks for one nothing moves before a person said so. A message only says that there is something to look
 * at: the word is what the ledger has. Silence is a no: at the deadline it throws, and all traffic goes back.
 */
export const awaitWord = async (
  input: RolloutInput,
  controls: Controls,
  index: number,
  { weight, approve }: CanaryStepSpec,
  watch?: Watch,
): Promise<void> => {
  if (approve === undefined) return;
  const { model, environment, epoch, candidate } = input;
  const since = Date.now();
  const awaits: AwaitedWord = { step: index, roles: rolesOfWord(approve), since, until: since + approve.deadlineMs };
  controls.asks(awaits);
  tell(input, awaits, weight);
  for (;;) {
    const found = await lookForWord.executeWithOptions({ summary: `a word on ${weight} %` }, [
      {
        model,
        environment,
        epoch,
        artifactDigest: candidate.artifactDigest,
        step: index,
        approve,
        until: awaits.until,
      },
    ]);
    if (found.kind === 'given') return controls.heard(found.word);
    const refused = found.refused.length === 0 ? '' : ` (${found.refused.join('; ')})`;
    if (Date.now() >= awaits.until)
      throw new RolloutAborted(
        `nobody who may let it go on behind ${weight} % within ${approve.deadlineMs / 1000} s${refused}`,
      );
    await controls.unheard(awaits.until, watch);
  }
};

/** Beside the wait: a receiver that is away for hours holds nothing up, and who is not told sees it in `slipway status`. */
const tell = (input: RolloutInput, { step, roles, until }: AwaitedWord, weight: number): void => {
  const { model, environment, epoch, candidate } = input;
  const id = `${rolloutId(model, environment, epoch)}/step/${step}`;
  const { commit, artifactDigest, releaseId } = candidate;
  for (const to of roles)
    void notify
      .executeWithOptions({ summary: `tell ${to} that ${weight} % waits for a word` }, [
        {
          id: `${id}/${to}`,
          kind: 'step_waits',
          to,
          subject: `${model} ${commit.slice(0, 12)} has passed ${weight} % in ${environment}, and waits for a person's word`,
          body: `Without it all traffic goes back on ${new Date(until).toISOString()}.\nRun: slipway rollout promote ${model} ${environment}`,
          data: { environment, epoch, step, weight, until, releaseId, artifactDigest },
        },
      ])
      .catch(() => undefined);
};
