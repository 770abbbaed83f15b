import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ReportLinks } from '../../ports/reportLinks.js';

const KEY_BYTES = 32;

/** Beside the key of decisions, which the API alone can read as well. */
export const linkKeyFile = (keysDirectory: string): string => join(keysDirectory, 'links', 'key');

/** HMAC-SHA256 over path and end. The key is made at the first start; without its file all links stop opening. */
export const createReportLinks = async (file: string): Promise<ReportLinks> => {
  const key = await ensureKey(file);
  const sign = (path: string, until: number): string =>
    createHmac('sha256', key).update(`${path}\n${until}`).digest('base64url');
  return {
    sign,
    holds: (path, until, signature) => {
      const [right, given] = [Buffer.from(sign(path, until)), Buffer.from(signature)];
      return right.length === given.length && timingSafeEqual(right, given);
    },
  };
};

const ensureKey = async (file: string): Promise<Buffer> => {
  const key = await readFile(file).catch(() => undefined);
  if (key?.length === KEY_BYTES) return key;
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  if (key !== undefined) await rm(file, { force: true });
  // Whole under its name or not there: of two that start at once the first one's key is both's.
  const fresh = `${file}.${randomBytes(6).toString('hex')}`;
  await writeFile(fresh, randomBytes(KEY_BYTES), { flag: 'wx', mode: 0o600 });
  await link(fresh, file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await rm(fresh);
  return readFile(file);
};
