import { open, readFile, rm } from 'node:fs/promises';
import { SlipwayError } from '../domain/errors/slipwayError.js';

/** One `slipway dev` per home: the file names the process that holds it; one whose process is gone is taken over. */
export const lockHome = async (path: string): Promise<() => Promise<void>> => {
  for (let attempt = 0; attempt < 3; attempt += 1) {
    try {
      const file = await open(path, 'wx', 0o600);
      await file.writeFile(String(process.pid));
      await file.close();
      return () => rm(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const holder = Number(await readFile(path, 'utf8').catch(() => ''));
      if (isAlive(holder))
        throw new SlipwayError(
          'usage',
          `slipway dev runs already for this home, as process ${holder}; stop it, or choose another --home`,
        );
      await rm(path, { force: true });
    }
  }
  throw new SlipwayError('usage', `the lock ${path} cannot be taken`);
};

const isAlive = (pid: number): boolean => {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};
