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
  let log = '';
  let silent = true;
  await api.stream(path, (text) => {
    silent &&= text === '';
    if (cli.out.json) log += text;
    else cli.out.raw(text);
  });
  if (silent) cli.out.note(`this ${options.stage === undefined ? 'release' : 'stage'} wrote no log`);
  if (cli.out.json) cli.out.result({ releaseId: `release/${name}`, log }, () => '');
};

/** A stage of all environments, or as its log is called in one: `gate`, `gate-staging`. */
const assertStage = async (api: ApiClient, name: string, asked: string): Promise<void> => {
  const { stages } = await api.get<ReleaseView>(`/api/v1/releases/${name}`);
  const names = stages.flatMap(({ name: stage, environment }): readonly string[] =>
    environment === undefined ? [stage] : [stage, `${stage}-${environment}`],
  );
  if (names.includes(asked)) return;
  const known = [...new Set(names)];
  throw new SlipwayError('usage', `${name} has no stage ${asked}; there are ${known.join(', ')}`, { stages: known });
};
