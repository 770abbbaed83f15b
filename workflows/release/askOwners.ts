import { condition, continueAsNew, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../../activities/index.js';
import { sayAnswer } from '../../src/domain/bake/bakeAnswer.js';
import { answerUntil, nextInAsking } from '../../src/domain/bake/bakeTiming.js';
import type { ReleasePlan } from '../../src/domain/release/plan.js';
import type { BakeAskedView } from '../../src/domain/release/types.js';
import type { BakeSpec } from '../../src/domain/spec/bake.js';
import type { EnvironmentSpec } from '../../src/domain/spec/types.js';
import { historyIsLong } from '../historyIsLong.js';
import type { CarriedBake } from '../messages.js';
import { control } from '../retry.js';
import { openAsks, type Asks } from './asks.js';
import { Refuted, replacedBy, tellOwners, utc } from './bakeEnd.js';
import { ReleaseEnd } from './releaseEnd.js';
import type { StageResult } from './stages.js';
import type { Story } from './story.js';

const { lookForAnswer } = proxyActivities<Activities>(control);

type Asked = EnvironmentSpec & { readonly bake: BakeSpec };

/**
 * Labels did not decide: its owners are asked, and reminded, until one of them has said what becomes of it. A message only says
 * that there is something to look at: the answer is what the ledger has. Silence confirms nothing, and takes nothing back.
 */
export const askOwners = async (
  story: Story,
  environment: Asked,
  plan: ReleasePlan,
  progress: CarriedBake,
  why: string,
): Promise<StageResult<undefined>> => {
  const asks = openAsks(story, environment.name, plan);
  const asked = progress.asked ?? begin(environment, plan, why);
  // Each is told once, however often it is asked for.
  if (progress.asked === undefined || progress.telling === true) asks.tell(asked);
  try {
    return await untilAnswered(story, environment, plan, { ...progress, asked }, asks);
  } finally {
    asks.end();
  }
};

const untilAnswered = async (
  story: Story,
  { name }: Asked,
  plan: ReleasePlan,
  progress: CarriedBake & { readonly asked: BakeAskedView },
  asks: Asks,
): Promise<StageResult<undefined>> => {
  const about = {
    ...{ releaseId: story.releaseId, model: story.model, environment: name },
    artifactDigest: story.artifact(),
  };
  for (let { asked } = progress; ;) {
    const waits = `asks ${asked.owners.join(', ')} until ${utc(asked.until)} what becomes of it: ${asked.reason}`;
    story.asksOwners(asked);
    story.tellStage('bake', name, waits);
    const found = await lookForAnswer.executeWithOptions(
      { summary: `did somebody say what becomes of it in ${name}?` },
      [{ ...about, until: asked.until }],
    );
    if (found.kind === 'replaced') throw replacedBy(found);
    if (found.kind === 'given') {
      if (found.answer.kind === 'revert') throw new Refuted(sayAnswer(found.answer));
      return { verdict: 'pass', reason: sayAnswer(found.answer), evidence: found.evidence, result: undefined };
    }
    const { at, does } = nextInAsking(asked, Date.now());
    if (does === 'over') {
      asks.end();
      return stays(story, name, plan, asked, found.refused);
    }
    if (does === 'remind') {
      asked = { ...asked, reminders: asked.reminders + 1 };
      asks.tell(asked);
      continue;
    }
    if (historyIsLong()) {
      const { telling: _, ...rest } = progress;
      const bake: CarriedBake = { ...rest, asked, ...(asks.underWay() ? { telling: true } : {}) };
      asks.end();
      await continueAsNew({ ...story.input, carried: { ...story.carry(), bake } });
    }
    await condition(story.mayLook, Math.max(1, at - Date.now()), { summary: waits });
    story.takeLook();
  }
};

const begin = ({ name, bake }: Asked, { owners }: ReleasePlan, reason: string): BakeAskedView => {
  const since = Date.now();
  return { environment: name, owners, since, until: answerUntil(bake, since), reason, reminders: 0 };
};

const stays = async (
  story: Story,
  name: string,
  plan: ReleasePlan,
  { reason }: BakeAskedView,
  refused: readonly string[],
): Promise<never> => {
  const why = `${reason}; nobody who may said what becomes of it${refused.length === 0 ? '' : ` (${refused.join('; ')})`}`;
  await tellOwners(story, plan, { environment: name, what: 'stays provisional', reason: why });
  throw new ReleaseEnd('provisional', `${why}; it serves on, and nobody confirmed it`);
};
