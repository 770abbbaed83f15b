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
  const stage = options.stage === undefined ? '' : `&stage=${encodeURIComponent(options.stage)}`;
  const path = `/api/v1/releases/${name}/logs?follow=${options.follow === true}${stage}`;
  if (!cli.out.json) return api.stream(path, (text) => cli.out.raw(text));
  let log = '';
  await api.stream(path, (text) => (log += text));
  cli.out.result({ releaseId: `release/${name}`, log }, () => '');
};
