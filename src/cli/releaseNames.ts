import { byWhomItWaitsFor } from '../domain/approval/waitingOrder.js';
import type { ReleaseSummary } from '../contract/http/shapes.js';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import type { ApiClient } from './apiClient.js';

type Waiting = Parameters<typeof byWhomItWaitsFor>[0] & { readonly releaseId: string };

const FULL = /^[a-z0-9][a-z0-9-]{0,62}\/(?:[0-9a-f]{40}|[0-9a-f]{64})(?:\.[0-9a-f]{1,64})?$/;
const MAX_PAGES = 20;

/**
 * `<model>/<commit>[.<n>]` of what a person typed: that, the full ID, a commit, its beginning, or `latest`. A model is its
 * release that waits for a decision, so that what is shown is what would be approved; else its latest.
 */
export const findRelease = async (api: ApiClient, typed: string): Promise<string> => {
  const name = typed.replace(/^release\//, '');
  if (FULL.test(name)) return name;
  const releases = await allReleases(api);
  if (typed === 'latest') {
    const newest = newestOf(releases);
    if (newest === undefined) throw new SlipwayError('not_found', 'there is no release yet');
    return newest;
  }
  const newest = newestOf(releases.filter(({ model }) => model === name));
  if (newest !== undefined) return (await findWaiting(api, name)) ?? newest;
  return chooseByBeginning(releases.map(nameOf), name);
};

/** The one release that waits for a decision, of a model where one is named; undefined where none does. */
const findWaiting = async (api: ApiClient, model: string): Promise<string | undefined> =>
  onlyOf(await listWaiting(api, model));

/** All releases that wait for a decision; first what waits for who asks. `known`: of a model, refused where there is none. */
export const listWaiting = async <T extends Waiting>(
  api: ApiClient,
  model?: string,
  { known = false }: { readonly known?: boolean } = {},
): Promise<readonly T[]> => {
  const found = new Map<string, T>();
  const of = known && model !== undefined ? `&model=${encodeURIComponent(model)}` : '';
  for (let cursor: string | undefined = ''; cursor !== undefined;) {
    const after: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const page: { readonly approvals: readonly T[]; readonly cursor?: string } = await api.get(
      `/api/v1/approvals?limit=100${of}${after}`,
    );
    for (const one of page.approvals) found.set(one.releaseId, one);
    cursor = page.cursor;
  }
  return [...found.values()]
    .filter(({ releaseId }) => model === undefined || releaseId.startsWith(`release/${model}/`))
    .sort(byWhomItWaitsFor);
};

/** The name of the only one; `usage` where there are several. */
export const onlyOf = (waiting: readonly { readonly releaseId: string }[]): string | undefined => {
  const [only, second] = waiting;
  if (second !== undefined) {
    const releases = waiting.map(({ releaseId }) => releaseId);
    throw new SlipwayError('usage', `name one of the releases that wait: ${releases.join(', ')}`, { releases });
  }
  return only === undefined ? undefined : nameOf(only);
};

/**
 * The one release whose commit, or whose model and commit, begin so; with `.<n>`, the one of its reruns that begins so. A
 * whole commit is the release without a rerun.
 */
export const chooseByBeginning = (names: readonly string[], typed: string): string => {
  const commitOf = (name: string): string => name.slice(name.indexOf('/') + 1);
  const [typedCommit = '', typedRerun] = typed.split('.');
  const begins = (name: string): boolean => {
    const [commit = '', rerun] = name.split('.');
    if (typedRerun !== undefined && rerun?.startsWith(typedRerun) !== true) return false;
    return commitOf(commit).startsWith(typedCommit) || (typed.includes('/') && commit.startsWith(typedCommit));
  };
  const found = names.filter(begins);
  const exact = found.filter((name) => commitOf(name) === typed || name === typed);
  const [first, second] = exact.length > 0 ? exact : found;
  if (first === undefined)
    throw new SlipwayError('not_found', `there is no model ${typed} with a release, and no release begins with it`);
  if (second !== undefined) {
    throw new SlipwayError('usage', `${typed} begins more than one release: ${found.join(', ')}`, { releases: found });
  }
  return first;
};

const newestOf = (releases: readonly ReleaseSummary[]): string | undefined => {
  const [newest] = [...releases].sort((a, b) => b.startedAt - a.startedAt);
  return newest === undefined ? undefined : nameOf(newest);
};

export const nameOf = ({ releaseId }: Pick<ReleaseSummary, 'releaseId'>): string => releaseId.replace(/^release\//, '');

const allReleases = async (api: ApiClient): Promise<readonly ReleaseSummary[]> => {
  const found: ReleaseSummary[] = [];
  for (let page = 0, cursor = ''; page < MAX_PAGES; page += 1) {
    const answer = await api.get<{ releases: readonly ReleaseSummary[]; cursor?: string }>(
      `/api/v1/releases?limit=100${cursor}`,
    );
    found.push(...answer.releases);
    if (answer.cursor === undefined) break;
    cursor = `&cursor=${encodeURIComponent(answer.cursor)}`;
  }
  return found;
};

/** The only model of the installation, where none is named. */
export const findModel = async (api: ApiClient, typed: string | undefined): Promise<string> => {
  if (typed !== undefined) return typed;
  const { models } = await api.get<{ models: readonly { name: string }[] }>('/api/v1/models');
  const [only, second] = models;
  if (only === undefined) throw new SlipwayError('unknown_model', 'no model is configured');
  if (second !== undefined)
    throw new SlipwayError(
      'usage',
      `name one of the models with --model: ${models.map((model) => model.name).join(', ')}`,
    );
  return only.name;
};
