import { writeFile } from 'node:fs/promises';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import type { ApiClient } from './apiClient.js';
import type { Cli } from './context.js';
import { inBrowser } from './inBrowser.js';
import { when } from './output.js';

export interface ReportOptions {
  readonly open?: boolean;
  readonly out?: string;
}

/** A link to a report that opens in a browser, for an hour, without a token. */
export const reportLink = async (api: ApiClient, path: string): Promise<{ url: string; until: number }> => {
  const link = await api.get<{ path: string; until: number }>(`/api/v1/links?to=${encodeURIComponent(path)}`);
  return { url: `${api.url}${link.path}`, until: link.until };
};

/** Keeps the page of a report, opens it, and says where it is. */
export const openReport = async (
  cli: Cli,
  api: ApiClient,
  path: string,
  { open, out }: ReportOptions,
): Promise<void> => {
  if (out !== undefined) await keep(out, await api.page(path));
  const link = await reportLink(api, path);
  if (open === true && !(await inBrowser(link.url))) cli.out.note('no browser could be started here: open the link');
  cli.out.result({ ...link, ...(out === undefined ? {} : { file: out }) }, ({ url, until, file }) =>
    [...(file === undefined ? [] : [`written to ${file}`]), url, `opens without a token until ${when(until)} UTC`].join(
      '\n',
    ),
  );
};

const keep = async (file: string, page: string): Promise<void> => {
  await writeFile(file, page).catch((cause: NodeJS.ErrnoException) => {
    throw new SlipwayError('usage', `${file} cannot be written: ${cause.code ?? cause.message}`, {}, { cause });
  });
};
