import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommitStatus } from '../../ports/sourceControl.js';
import { withFileLock } from './fileLock.js';

/** `<commit>.json`: what was reported of a commit, by context. */
export interface StatusFile {
  readonly commit: string;
  readonly statuses: Readonly<Record<string, Omit<CommitStatus, 'context'> & { readonly at: string }>>;
}

/** A plain repository has no host that could show statuses; they stand in a file beside it, replaced as a whole. */
export const writeStatus = async (directory: string, commit: string, status: CommitStatus): Promise<void> => {
  await mkdir(directory, { recursive: true });
  const path = join(directory, `${commit}.json`);
  await withFileLock(`${path}.lock`, async () => {
    const { context, ...report } = status;
    const before = await readStatus(path);
    const content: StatusFile = {
      commit,
      statuses: { ...before?.statuses, [context]: { ...report, at: new Date().toISOString() } },
    };
    const draft = `${path}.draft`;
    const file = await open(draft, 'w');
    try {
      await file.writeFile(`${JSON.stringify(content, null, 2)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  });
};

const readStatus = async (path: string): Promise<StatusFile | undefined> => {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as StatusFile;
  } catch {
    // None yet, or one that somebody edited by hand: reported again as a whole.
    return undefined;
  }
};
