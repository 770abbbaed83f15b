import { condition, patched } from '@temporalio/workflow';
import type { ReleasePlan } from '../../src/domain/release/plan.js';
import type { StageName } from '../../src/domain/release/types.js';
import { ReleaseEnd } from './releaseEnd.js';
import type { Story } from './story.js';
import { withPlace } from './turn.js';

/**
 * Where releases follow each other, waits for the word of the last environment: whether it may go on at all is said before
 * anything is built, its turn comes before it enters the first environment.
 */
export const awaitTurn = async (story: Story, plan: ReleasePlan, before: 'build' | 'entry'): Promise<void> => {
  if (plan.whenBusy !== (before === 'build' ? 'reject' : 'queue')) return;
  if (story.turn.came() === undefined)
    await standInLine(story, plan, before === 'entry' ? firstStage(story) : undefined);
  const refusedFor = story.turn.came()?.refusedFor;
  if (refusedFor !== undefined)
    throw new ReleaseEnd('failed', `release_under_way: ${refusedFor} of the same model is on its way`);
};

interface Stage {
  readonly name: StageName;
  readonly environment: string;
}

const standInLine = async (story: Story, plan: ReleasePlan, at: Stage | undefined): Promise<void> => {
  const tellStage = (reason: string): void => void (at && story.tellStage(at.name, at.environment, reason));
  tellStage('in line: releases of the same model are before it');
  await turnInTime(story, plan);
  tellStage('its turn came');
};

const turnInTime = async (story: Story, { environments, turnWithinMs, whenBusy }: ReleasePlan): Promise<void> => {
  const came = (): boolean => story.turn.came() !== undefined;
  const environment = environments.at(-1)?.name ?? '';
  // Plans from before it had to come in time do not say when, and another build of the worker may have read this one.
  if (turnWithinMs === undefined || !patched('turn-in-time')) return condition(came);
  const since = Date.now();
  story.awaits(withPlace(story.turn, { environment, askedFor: 'turn', since, until: since + turnWithinMs }));
  const inTime = await condition(came, turnWithinMs, { summary: `the word of ${environment} that it may go on` });
  story.awaits(undefined);
  if (inTime) return;
  if (whenBusy === 'reject') throw new ReleaseEnd('failed', `timed_out: ${environment} did not say that it may go on`);
  const after = story.turn.after(environment);
  throw new ReleaseEnd(
    'expired',
    `its turn did not come in time${after === undefined ? '' : `, ${after} was before it`}`,
  );
};

/** Where a release in line waits: at the first stage of its first environment. */
const firstStage = (story: Story): Stage | undefined => {
  for (const { name, environment, status } of story.view().stages)
    if (status === 'pending' && environment !== undefined) return { name, environment };
  return undefined;
};
