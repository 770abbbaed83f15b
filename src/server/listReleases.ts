import type { ReleaseSummary } from '../contract/http/shapes.js';
import type { ReleaseOutcome, ReleaseView } from '../domain/release/types.js';
import type { ListedWorkflow } from '../ports/visibility.js';
import { knownModel, eachOf } from './known.js';
import type { ServerPorts } from './ports.js';
import { releaseDocument } from './releaseState.js';

interface Asked {
  readonly model?: string;
  readonly limit: number;
  readonly cursor?: string;
}

/** Reads of the store at a time. */
const WIDTH = 10;
/** Keys of one model that are looked through for releases that the engine has forgotten. */
const MAX_KEYS = 10_000;

/**
 * Running releases first, then the latest that ended: from the engine, and, where all of its releases fit on the first
 * page, completed with those that only the store remembers.
 */
export const listReleases = async (
  ports: ServerPorts,
  { model, limit, cursor }: Asked,
): Promise<{ readonly releases: readonly ReleaseSummary[]; readonly cursor?: string }> => {
  if (model !== undefined) knownModel(ports, model);
  const page = await ports.visibility.list({
    workflowType: 'release',
    limit,
    ...(model === undefined ? {} : { searchAttributes: { SlipwayModel: model } }),
    ...(cursor === undefined ? {} : { cursor }),
  });
  // One that was resumed has a run per telling, the newest first: it is one release.
  const newest = new Map([...page.workflows].reverse().map((workflow) => [workflow.workflowId, workflow]));
  const once = page.workflows.filter((workflow) => newest.get(workflow.workflowId) === workflow);
  const listed = await eachOf(once, WIDTH, (workflow) => summarise(ports, workflow));
  if (page.cursor !== undefined) return { releases: listed, cursor: page.cursor };
  if (cursor !== undefined) return { releases: listed };
  const models = model === undefined ? ports.settings.models.map(({ name }) => name) : [model];
  const stored = (await eachOf(models, WIDTH, (name) => storedReleases(ports, name))).flat();
  const known = new Set(listed.map(({ releaseId }) => releaseId));
  const forgotten = await eachOf(
    stored.filter(({ releaseId }) => !known.has(releaseId)).slice(0, limit),
    WIDTH,
    (one) => readStored(ports, one),
  );
  const ended = [...listed.filter(({ running }) => !running), ...forgotten.filter((one) => one !== undefined)];
  ended.sort((a, b) => (b.endedAt ?? b.startedAt) - (a.endedAt ?? a.startedAt));
  return { releases: [...listed.filter(({ running }) => running), ...ended].slice(0, limit) };
};

const summarise = async (ports: ServerPorts, workflow: ListedWorkflow): Promise<ReleaseSummary> => {
  const [, model = '', release = ''] = workflow.workflowId.split('/');
  const { SlipwayStage: stage, SlipwayVerdict: verdict } = workflow.searchAttributes;
  const stored = workflow.running
    ? undefined
    : await readStored(ports, { releaseId: workflow.workflowId, model, release });
  return (
    stored ?? {
      releaseId: workflow.workflowId,
      model,
      commit: release.split('.')[0] ?? '',
      startedAt: workflow.startedAt,
      ...(workflow.endedAt === undefined ? {} : { endedAt: workflow.endedAt }),
      running: workflow.running,
      ...(workflow.running && stage !== undefined ? { stage } : {}),
      ...(!workflow.running && verdict !== undefined ? { outcome: verdict as ReleaseOutcome } : {}),
    }
  );
};

interface Stored {
  readonly releaseId: string;
  readonly model: string;
  readonly release: string;
}

/** One that has ended, and how often it was told on before: with the next telling it is another document. */
export interface Ended extends Stored {
  readonly told: number;
}

export const readStored = async (
  ports: ServerPorts,
  { model, release }: Stored,
): Promise<ReleaseSummary | undefined> => {
  const body = await releaseDocument(ports, { model, release }, 'release.json');
  if (body === undefined) return undefined;
  const view = JSON.parse(new TextDecoder().decode(body)) as ReleaseView;
  return {
    releaseId: view.releaseId,
    model: view.model,
    commit: view.commit,
    startedAt: view.startedAt,
    ...(view.endedAt === undefined ? {} : { endedAt: view.endedAt }),
    running: false,
    ...(view.outcome === undefined ? {} : { outcome: view.outcome }),
    ...(view.reason === undefined ? {} : { reason: view.reason }),
  };
};

/** Releases of a model that have ended, by what the store keeps of them. */
export const storedReleases = async (ports: ServerPorts, model: string): Promise<readonly Ended[]> => {
  const prefix = `releases/${model}/`;
  const found: Ended[] = [];
  const told = new Map<string, Set<string>>();
  let startAfter: string | undefined;
  for (let read = 0; read < MAX_KEYS;) {
    const keys = await ports.store.listDocuments(prefix, startAfter === undefined ? {} : { startAfter });
    for (const key of keys) {
      const [release = '', name] = key.slice(prefix.length).split('/');
      if (name === 'release.json') found.push({ releaseId: `release/${model}/${release}`, model, release, told: 0 });
      if (name?.startsWith('told.') === true) told.set(release, (told.get(release) ?? new Set()).add(name));
    }
    read += keys.length;
    startAfter = keys.at(-1);
    if (keys.length < 1000) break;
  }
  return found.map((one) => ({ ...one, told: told.get(one.release)?.size ?? 0 }));
};
