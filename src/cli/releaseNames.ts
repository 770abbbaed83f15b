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

/** `<model>/<commit>[.<n>]` of what a person typed: that, the full ID, a commit, its beginning, or `latest`. */
export const findRelease = async (api: ApiClient, typed: string): Promise<string> => {
  const name = typed.replace(/^release\//, '');
  if (/^[a-z0-9-]+\/(?:[0-9a-f]{40}|[0-9a-f]{64})(?:\.[0-9a-f]{1,64})?$/.test(name)) return name;
  const { releases } = await api.get<{ releases: readonly ReleaseSummary[] }>('/api/v1/releases?limit=100');
  const nameOf = (release: ReleaseSummary): string => release.releaseId.replace(/^release\//, '');
  const latest = [...releases].sort((a, b) => b.startedAt - a.startedAt);
  const found =
    typed === 'latest'
      ? latest.slice(0, 1)
      : latest.filter(
          (release) => nameOf(release).startsWith(name) || nameOf(release).split('/')[1]?.startsWith(name) === true,
        );
  const exact = found.filter((release) => nameOf(release).split('/')[1] === name);
  const [first, second] = exact.length === 1 ? exact : found;
  if (first === undefined)
    throw new SlipwayError(
      'not_found',
      typed === 'latest' ? 'there is no release yet' : `no release begins with ${typed}`,
    );
  if (second !== undefined)
    throw new SlipwayError('usage', `${typed} begins more than one release: ${found.map(nameOf).join(', ')}`);
  return nameOf(first);
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
