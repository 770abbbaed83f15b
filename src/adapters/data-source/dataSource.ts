import { createWriteStream } from 'node:fs';
import { copyFile, realpath } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import type { DataSource } from '../../ports/dataSource.js';

export interface DataSourceOptions {
  /** Folders of this machine that repositories may read below. */
  readonly folders: readonly string[];
  /** Buckets of the store that repositories may read. */
  readonly buckets: readonly string[];
  /** Streams an object of the store into a file; the worker's own credentials are behind it. */
  readonly readObject: (bucket: string, key: string, path: string) => Promise<void>;
}

/**
 * Addresses of data. `https:` is open, as it is to any command; `file:` and `s3:` are read with the worker's rights, so
 * only what the operator lists is.
 */
export const createDataSource = ({ folders, buckets, readObject }: DataSourceOptions): DataSource => ({
  fetch: async (uri, path, signal) => {
    const url = new URL(uri);
    switch (url.protocol) {
      case 'file:':
        return copyFile(await allowedFile(url, folders), path);
      case 's3:':
        if (!buckets.includes(url.hostname)) throw refused(uri, `bucket ${url.hostname}`);
        return readObject(url.hostname, decodeURIComponent(url.pathname.slice(1)), path);
      case 'https:':
        return download(uri, path, signal);
      default:
        throw refused(uri, `addresses of ${url.protocol}`);
    }
  },
});

/** The file behind all links must lie below a listed folder. */
const allowedFile = async (url: URL, folders: readonly string[]): Promise<string> => {
  const file = fileURLToPath(url);
  const real = await realpath(file).catch((cause: unknown) => {
    throw new SlipwayError('data_unreachable', `there is no ${file}`, { uri: url.href }, { cause });
  });
  for (const folder of folders) {
    const root = await realpath(folder).catch(() => undefined);
    if (root !== undefined && real.startsWith(root.endsWith(sep) ? root : root + sep)) return real;
  }
  throw refused(url.href, `the folder of ${file}`);
};

const download = async (uri: string, path: string, signal: AbortSignal): Promise<void> => {
  try {
    const response = await fetch(uri, { signal, redirect: 'follow' });
    if (!response.ok || response.body === null) throw new Error(`it answers ${response.status}`);
    await pipeline(Readable.fromWeb(response.body as never), createWriteStream(path), { signal });
  } catch (cause) {
    signal.throwIfAborted();
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SlipwayError('data_unreachable', `${uri} cannot be read: ${why}`, { uri }, { cause });
  }
};

const refused = (uri: string, what: string): SlipwayError =>
  new SlipwayError('data_refused', `${uri}: ${what} is not listed under data in slipway.config.yaml`, { uri });
