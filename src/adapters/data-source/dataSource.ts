import { copyFile, realpath } from 'node:fs/promises';
import { sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import type { DataSource } from '../../ports/dataSource.js';
import { assertReachable, download, type DownloadOptions } from './download.js';

export interface DataSourceOptions extends DownloadOptions {
  /** Folders of this machine that repositories may read below. */
  readonly folders: readonly string[];
  /** Buckets of the store that repositories may read. */
  readonly buckets: readonly string[];
  /** Streams an object of the store into a file; the worker's own credentials are behind it. */
  readonly readObject: (bucket: string, key: string, path: string) => Promise<void>;
}

/**
 * Addresses of data. `https:` is open to the Internet; `file:`, `s3:` and hosts of the worker's own network are reached with
 * the worker's rights, so only what the operator lists is.
 */
export const createDataSource = ({ folders, buckets, readObject, ...web }: DataSourceOptions): DataSource => {
  const bucketOf = (url: URL): string => {
    if (!buckets.includes(url.hostname)) throw refused(url.href, `bucket ${url.hostname}`);
    return url.hostname;
  };
  return {
    check: async (uri) => {
      const url = new URL(uri);
      switch (url.protocol) {
        case 'file:':
          return assertListed(url, folders);
        case 's3:':
          bucketOf(url);
          return;
        case 'https:':
          return assertReachable(uri, web);
        default:
          throw refused(uri, `addresses of ${url.protocol}`);
      }
    },
    fetch: async (uri, path, signal) => {
      const url = new URL(uri);
      switch (url.protocol) {
        case 'file:':
          return copyFile(await allowedFile(url, folders), path);
        case 's3:':
          return readObject(bucketOf(url), decodeURIComponent(url.pathname.slice(1)), path).catch((error: unknown) => {
            throw error instanceof SlipwayError && error.code === 'not_found' ? absent(uri) : error;
          });
        case 'https:':
          return download(uri, path, web, signal);
        default:
          throw refused(uri, `addresses of ${url.protocol}`);
      }
    },
  };
};

/** A file that has gone was below a listed folder by its name. */
const assertListed = async (url: URL, folders: readonly string[]): Promise<void> => {
  const file = fileURLToPath(url);
  const real = await realpath(file).catch(() => undefined);
  if (real !== undefined) await allowedFile(url, folders);
  else if (!folders.some((folder) => isBelow(folder, file))) throw refused(url.href, `the folder of ${file}`);
};

/** The file behind all links must lie below a listed folder. */
const allowedFile = async (url: URL, folders: readonly string[]): Promise<string> => {
  const file = fileURLToPath(url);
  const real = await realpath(file).catch((cause: unknown) => {
    throw absent(url.href, { cause });
  });
  for (const folder of folders) {
    const root = await realpath(folder).catch(() => undefined);
    if (root !== undefined && isBelow(root, real)) return real;
  }
  throw refused(url.href, `the folder of ${file}`);
};

const absent = (uri: string, options: ErrorOptions = {}): SlipwayError =>
  new SlipwayError('data_unreachable', `there is no ${uri}`, { uri }, options);

const isBelow = (folder: string, file: string): boolean =>
  file.startsWith(folder.endsWith(sep) ? folder : folder + sep);

const refused = (uri: string, what: string): SlipwayError =>
  new SlipwayError('data_refused', `${uri}: ${what} is not listed under data in slipway.config.yaml`, { uri });
