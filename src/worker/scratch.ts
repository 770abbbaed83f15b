import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * A scratch folder of this process, empty; those of others that were killed are removed.
 *
 * @param kind begin of the names of such processes' folders; workers have none
 */
export const claimScratch = async (parent: string, kind = ''): Promise<string> => {
  await mkdir(parent, { recursive: true, mode: 0o700 });
  const left = (await readdir(parent)).filter((name) => {
    const owner = name.startsWith(kind) ? name.slice(kind.length) : '';
    return /^\d+$/.test(owner) && (Number(owner) === process.pid || !isAlive(Number(owner)));
  });
  await Promise.all(left.map((name) => rm(join(parent, name), { recursive: true, force: true, maxRetries: 3 })));
  const own = join(parent, `${kind}${process.pid}`);
  await mkdir(own, { mode: 0o700 });
  return own;
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};
