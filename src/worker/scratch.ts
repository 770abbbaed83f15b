import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** A scratch folder of this worker, empty; those of workers that were killed are removed. */
export const claimScratch = async (parent: string, pid = process.pid): Promise<string> => {
  await mkdir(parent, { recursive: true, mode: 0o700 });
  const left = (await readdir(parent)).filter(
    (name) => /^\d+$/.test(name) && (Number(name) === pid || !isAlive(Number(name))),
  );
  await Promise.all(left.map((name) => rm(join(parent, name), { recursive: true, force: true, maxRetries: 3 })));
  const own = join(parent, String(pid));
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
