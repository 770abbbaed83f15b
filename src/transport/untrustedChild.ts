import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { limited } from './limited.js';

const FOLDER = 'slipway-child-';

/**
 * Starts a program of ours for files that somebody else made: native code that reads them may crash, eat memory, or be
 * talked into opening what lies beside it. So it is a process of its own with a limit, nothing of our environment, and
 * an empty folder to work in, which goes when it ends. It is talked to by messages.
 *
 * @param memoryMiB all that it may allocate; its JavaScript heap has half of it
 * @param parent where its folder is made: of a process that can be killed together with it, its own scratch folder, which
 *   its successor clears
 */
export const spawnUntrusted = (entry: string, memoryMiB: number, parent = tmpdir()): ChildProcess => {
  const folder = mkdtempSync(join(parent, FOLDER));
  const [shell, ...args] = limited(memoryMiB, process.execPath, `--max-old-space-size=${memoryMiB >> 1}`, entry);
  const child = spawn(shell, args, {
    cwd: folder,
    env: {},
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const tidy = (): void => rmSync(folder, { recursive: true, force: true });
  child.once('exit', tidy);
  child.once('error', tidy);
  return child;
};

/** Called by such a program: whoever asked it may be killed, and then nobody else takes its folder away. */
export const endWithParent = (): void => {
  const end = (): void => {
    const folder = process.cwd();
    if (basename(folder).startsWith(FOLDER)) rmSync(folder, { recursive: true, force: true });
    process.exit(1);
  };
  process.once('disconnect', end);
  // It was killed before we came so far.
  if (!process.connected) end();
};
