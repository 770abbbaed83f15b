import { SlipwayError } from '../../domain/errors/slipwayError.js';
import type { ReleaseView } from '../../domain/release/types.js';
import type { ApiClient } from '../apiClient.js';
import type { Cli } from '../context.js';
import { findRelease } from '../releaseNames.js';

/** Output of the commands of a release, as it comes; with `--json` one document when it is complete. */
export const releaseLogs = async (
  cli: Cli,
  typed: string | undefined,
  options: { readonly follow?: boolean; readonly stage?: string },
): Promise<void> => {
  const api = cli.api();
  const name = await findRelease(api, typed ?? 'latest');
  if (options.stage !== undefined) await assertStage(api, name, options.stage);
  const stage = options.stage === undefined ? '' : `&stage=${encodeURIComponent(options.stage)}`;
  const path = `/api/v1/releases/${name}/logs?follow=${options.follow === true}${stage}`;
  if (!cli.out.json) return api.stream(path, (text) => cli.out.raw(text));
  let log = '';
  await api.stream(path, (text) => (log += text));
  cli.out.result({ releaseId: `release/${name}`, log }, () => '');
};

const assertStage = async (api: ApiClient, name: string, stage: string): Promise<void> => {
  const { stages } = await api.get<ReleaseView>(`/api/v1/releases/${name}`);
  const names = [...new Set(stages.map((one): string => one.name))];
  if (!names.includes(stage))
    throw new SlipwayError('usage', `${name} has no stage ${stage}; there are ${names.join(', ')}`, { stages: names });
};
