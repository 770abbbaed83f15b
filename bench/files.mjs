import { copyFile, open } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';

const BLOCK = 16 * 1024 * 1024;

/** A file of that many random bytes. */
export const fillFile = async (path, size) => {
  const file = await open(path, 'w');
  for (let at = 0; at < size; at += BLOCK) await file.write(randomBytes(Math.min(BLOCK, size - at)));
  await file.close();
};

/** Other bytes at its begin: another digest. */
export const stampFile = async (path) => {
  const file = await open(path, 'r+');
  await file.write(randomBytes(32), 0, 32, 0);
  await file.close();
};

/** What the disk costs, and nothing else. */
export const copySynced = async (from, to) => {
  await copyFile(from, to);
  const file = await open(to, 'r+');
  await file.datasync();
  await file.close();
};
