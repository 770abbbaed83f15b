import type { ReleaseView } from '../domain/release/types.js';
import { countBypasses, sayGlassAsked, sumBypasses, type Bypasses } from '../domain/urgency/bypasses.js';
import { releaseStateQuery } from '../../workflows/messages.js';
import { eachOf, orAbsent } from './known.js';
import { storedReleases } from './listReleases.js';
import type { ServerPorts } from './ports.js';
import { releaseDocument } from './releaseState.js';
import { runningReleases } from './runningReleases.js';

const WIDTH = 10;
/** Of a model, at a time. */
const MOST_RUNNING = 1_000;
/** Running releases of a model that one look asks; the others count as they answered before. */
export const MOST_ASKED = 50;

interface ModelBypasses extends Bypasses {
  readonly model: string;
  /** Running releases that no look has asked yet; absent: none. */
  readonly notAsked?: number;
}

interface Bypassing {
  readonly bypasses: ModelBypasses;
  /** Releases that run and somebody asked break-glass for. */
  readonly glass: readonly ReleaseView[];
}

interface Answered extends Bypasses {
  /** The look that asked. */
  readonly look: number;
  readonly ended: boolean;
  /** Somebody asked for break-glass where it waits. */
  readonly glass?: ReleaseView;
}

/**
 * How often releases of a model went around what others wait for: those that run, and those that have ended. An ended one is
 * read once, for it changes only when it is told on. Of many that run, those are asked that never were, or longest ago.
 */
export const createBypassed = (ports: ServerPorts) => {
  const known = new Map<string, Bypasses>();
  const answered = new Map<string, Map<string, Answered>>();
  const underWay = new Map<string, Promise<Bypassing>>();
  let looks = 0;

  const read = async (one: Awaited<ReturnType<typeof storedReleases>>[number]): Promise<Bypasses> => {
    const key = `${one.releaseId} ${one.told}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const body = await releaseDocument(ports, one, 'release.json');
    if (body === undefined) return countBypasses([]);
    const counted = countBypasses([JSON.parse(new TextDecoder().decode(body)) as ReleaseView]);
    known.set(key, counted);
    return counted;
  };

  /** What those that run answered, now or before; who does not run any more is forgotten. */
  const ofRunning = async (model: string): Promise<ReadonlyMap<string, Answered>> => {
    const running = await runningReleases(ports, { model, most: MOST_RUNNING });
    const before = answered.get(model) ?? new Map<string, Answered>();
    const now = new Map<string, Answered>();
    for (const { workflowId } of running) now.set(workflowId, before.get(workflowId) ?? NEVER_ASKED);
    const look = (looks += 1);
    // Equal ones stay in their order, the latest first.
    const next = [...now].sort(([, a], [, b]) => a.look - b.look).slice(0, MOST_ASKED);
    await eachOf(next, WIDTH, async ([workflowId]) => {
      const view = await orAbsent(ports.workflows.query<ReleaseView>(workflowId, releaseStateQuery.name));
      const ended = view === undefined || view.outcome !== undefined;
      const glass = view !== undefined && sayGlassAsked(view).length > 0 ? { glass: view } : {};
      now.set(workflowId, { ...countBypasses(view === undefined ? [] : [view]), look, ended, ...glass });
    });
    answered.set(model, now);
    return now;
  };

  const look = async (model: string): Promise<Bypassing> => {
    const running = await ofRunning(model);
    const isUnder = (releaseId: string): boolean => {
      const one = running.get(releaseId);
      return one !== undefined && one !== NEVER_ASKED && !one.ended;
    };
    const stored = (await storedReleases(ports, model)).filter(({ releaseId }) => !isUnder(releaseId));
    const counts = await eachOf(stored, WIDTH, read);
    const under = [...running].filter(([releaseId]) => isUnder(releaseId)).map(([, one]) => one);
    const notAsked = [...running.values()].filter((one) => one === NEVER_ASKED).length;
    return {
      bypasses: { model, ...sumBypasses([...under, ...counts]), ...(notAsked === 0 ? {} : { notAsked }) },
      glass: under.flatMap(({ glass }) => glass ?? []),
    };
  };

  /** Whoever asks while a look is under way has what it finds. */
  return (model: string): Promise<Bypassing> => {
    const going = underWay.get(model) ?? look(model).finally(() => underWay.delete(model));
    underWay.set(model, going);
    return going;
  };
};

const NEVER_ASKED: Answered = { ...countBypasses([]), look: 0, ended: false };
