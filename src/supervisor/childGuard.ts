/**
 * A program of its own, for systems whose kernel does not end children with their parent (macOS): `slipway dev` tells
 * it by pipe which processes run (`+<pid>`, `-<pid>`). When the pipe closes, because the supervisor has ended however
 * it ended, what still runs is killed.
 */
import { createInterface } from 'node:readline';

const alive = new Set<number>();

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const pid = Number(line.slice(1));
    if (!Number.isSafeInteger(pid) || pid <= 1) return;
    if (line.startsWith('+')) alive.add(pid);
    else alive.delete(pid);
  })
  .on('close', () => {
    for (const pid of alive) end(pid);
    process.exit(0);
  });

const end = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
};

// Ctrl-C in the terminal is for the supervisor, which closes the pipe last.
process.on('SIGINT', () => undefined);
