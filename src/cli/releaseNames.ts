import { SlipwayError } from '../domain/errors/slipwayError.js';
import type { ApiClient } from './apiClient.js';

export interface ReleaseSummary {
  readonly releaseId: string;
  readonly model: string;
  readonly commit: string;
  readonly startedAt: number;
  readonly endedAt?: number;
  readonly running: boolean;
  readonly stage?: string;
  readonly outcome?: string;
  readonly reason?: string;
}

const FULL = /^[a-z0-9][a-z0-9-]{0,62}\/(?:[0-9a-f]{40}|[0-9a-f]{64})(?:\.[0-9a-f]{1,64})?$/;
const MAX_PAGES = 20;

/** `<model>/<commit>[.<n>]` of what a person typed: that, the full ID, a commit, its beginning, or `latest`. */
export const findRelease = async (api: ApiClient, typed: string): Promise<string> => {
  const name = typed.replace(/^release\//, '');
  if (FULL.test(name)) return name;
  const releases = await allReleases(api);
  if (typed === 'latest') {
    const [newest] = [...releases].sort((a, b) => b.startedAt - a.startedAt);
    if (newest === undefined) throw new SlipwayError('not_found', 'there is no release yet');
    return nameOf(newest);
  }
  return chooseByBeginning(releases.map(nameOf), name);
};

/** The one release whose commit, or whose model and commit, begin so. A whole commit is the release without a rerun. */
export const chooseByBeginning = (names: readonly string[], typed: string): string => {
  const commitOf = (name: string): string => name.slice(name.indexOf('/') + 1);
  const found = names.filter(
    (name) => commitOf(name).startsWith(typed) || (typed.includes('/') && name.startsWith(typed)),
  );
  const exact = found.filter((name) => commitOf(name) === typed || name === typed);
  const [first, second] = exact.length > 0 ? exact : found;
  if (first === undefined) throw new SlipwayError('not_found', `no release begins with ${typed}`);
  if (second !== undefined) {
    throw new SlipwayError('usage', `${typed} begins more than one release: ${found.join(', ')}`, { releases: found });
  }
  return first;
};

const nameOf = ({ releaseId }: ReleaseSummary): string => releaseId.replace(/^release\//, '');

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
