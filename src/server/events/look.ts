import type { EnvironmentState } from '../../domain/environment/types.js';
import type { Comment } from '../../domain/release/comment.js';
import type { ReleaseView } from '../../domain/release/types.js';
import type { RolloutView } from '../../domain/rollout/types.js';
import { releaseStateQuery, rolloutId, rolloutStateQuery, waitingStage } from '../../../workflows/messages.js';
import { arbiterStatus, readEnvironment } from '../environmentStatus.js';
import { eachOf, orAbsent } from '../known.js';
import type { ServerPorts } from '../ports.js';
import { readRelease } from '../releaseState.js';
import { createSaid, type Said } from './said.js';

export type Kind = 'release' | 'environment' | 'approval';

/** One thing as it is now; `null`: it is no more. */
export interface Seen {
  readonly kind: Kind;
  /** ID of the release, or `<model>/<environment>`. */
  readonly name: string;
  readonly model: string;
  readonly state: object | null;
}

const WIDTH = 8;
/** Releases that are followed at a time, and as many that wait for people, besides those that somebody follows by name. */
const MAX_RUNNING = 100;
/** Things known before that are asked again at one look: asking wakes a worker. The others have their turn at the next. */
const ASKED_AGAIN = 20;

export interface Looking {
  /** What was asked at this look, as it is now. */
  look(watched: readonly string[]): Promise<readonly Seen[]>;
}

/** Asks the engine, with bounded effort for each look: what is new at once, what is known by turns. */
export const createLooking = (ports: ServerPorts): Looking => {
  /** When each was asked, counted in looks; releases that run, and all environments. */
  const asked = new Map<string, number>();
  let looks = 0;
  const due = (names: readonly string[], first: (name: string) => boolean): readonly string[] => {
    const at = (name: string): number => asked.get(name) ?? -1;
    const now = names.filter((name) => at(name) < 0 || first(name));
    const later = names.filter((name) => !now.includes(name)).sort((a, b) => at(a) - at(b));
    return [...now, ...later.slice(0, ASKED_AGAIN)];
  };
  const said = createSaid(ports);
  return {
    look: async (watched) => {
      looks += 1;
      const SlipwayStage = ports.settings.environments.map(waitingStage);
      const lists = await Promise.all(
        [{}, { searchAttributes: { SlipwayStage } }].map((of) =>
          ports.visibility.list({ workflowType: 'release', running: true, limit: MAX_RUNNING, ...of }),
        ),
      );
      const listed = lists.flatMap(({ workflows }) => workflows.map(({ workflowId }) => workflowId));
      const running = [...new Set([...listed, ...watched])];
      const ended = [...asked.keys()].filter((name) => name.startsWith('release/') && !running.includes(name));
      const places = ports.settings.models.flatMap(({ name }) =>
        ports.settings.environments.map((environment) => `${name}/${environment}`),
      );
      const releases = [...due(running, (name) => watched.includes(name)), ...ended];
      const seen = await eachOf(releases, WIDTH, (name) => seeRelease(ports, name, said));
      const environments = due(places, () => false);
      const states = await eachOf(environments, WIDTH, (place) => seeEnvironment(ports, place));
      for (const name of [...releases, ...environments]) asked.set(name, looks);
      for (const name of ended) asked.delete(name);
      said.forget(ended);
      return [...seen.flat(), ...states.flat()];
    },
  };
};

/** From its workflow while it has one that answers, else from the store. */
const seeRelease = async (ports: ServerPorts, releaseId: string, said: Said): Promise<readonly Seen[]> => {
  const [, model = '', release = ''] = releaseId.split('/');
  const view =
    (await orAbsent(ports.workflows.query<ReleaseView>(releaseId, releaseStateQuery.name))) ??
    (await orAbsent(readRelease(ports, { model, release })));
  if (view === undefined) return [];
  return [
    { kind: 'release', name: releaseId, model, state: releaseState(view, await said.of(view)) },
    { kind: 'approval', name: releaseId, model, state: approvalState(view) },
  ];
};

export const releaseState = (view: ReleaseView, comments: readonly Comment[]): object => ({
  releaseId: view.releaseId,
  model: view.model,
  commit: view.commit,
  startedAt: view.startedAt,
  stages: view.stages,
  ...(view.resumed === undefined ? {} : { resumed: view.resumed }),
  ...(view.waiting === undefined ? {} : { waiting: view.waiting }),
  ...(view.awaited === undefined ? {} : { awaited: view.awaited }),
  ...(view.bakeAsked === undefined ? {} : { bakeAsked: view.bakeAsked }),
  ...(view.outcome === undefined ? {} : { outcome: view.outcome, endedAt: view.endedAt }),
  ...(view.reason === undefined ? {} : { reason: view.reason }),
  ...(comments.length === 0 ? {} : { comments }),
});

const approvalState = (view: ReleaseView): object | null =>
  view.waiting === undefined || view.outcome !== undefined
    ? null
    : {
        releaseId: view.releaseId,
        model: view.model,
        commit: view.commit,
        ...view.waiting,
        decisions: view.decisions,
      };

const seeEnvironment = async (ports: ServerPorts, place: string): Promise<readonly Seen[]> => {
  const [model = '', environment = ''] = place.split('/');
  const state: EnvironmentState | undefined = await readEnvironment(ports, model, environment);
  if (state === undefined) return [];
  const rollout = await seeRollout(ports, state);
  const status = { ...arbiterStatus(model, environment, state), ...(rollout === undefined ? {} : { rollout }) };
  return [{ kind: 'environment', name: place, model, state: status }];
};

/** What a rollout with steps is at, and whether somebody paused it. */
const seeRollout = async (
  ports: ServerPorts,
  { model, environment, active }: EnvironmentState,
): Promise<Pick<RolloutView, 'status' | 'step' | 'weight' | 'paused'> | undefined> => {
  if (active === undefined || active.request.rollout.strategy === 'immediate') return undefined;
  const id = rolloutId(model, environment, active.epoch);
  const view = await orAbsent(ports.workflows.query<RolloutView>(id, rolloutStateQuery.name));
  if (view === undefined) return undefined;
  const { status, step, weight, paused } = view;
  return { status, step, weight, ...(paused === undefined ? {} : { paused }) };
};
