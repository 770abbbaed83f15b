import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { dieWithParent } from './serverCommand.js';

export interface ChildrenGuard {
  add(pid: number): void;
  remove(pid: number): void;
  /** All processes have ended in order. */
  close(): void;
}

const NOTHING = { command: '', args: [], env: {} };

/** Does the kernel end our children with us? Then nobody needs to watch. */
const kernelDoes = (): boolean => dieWithParent(NOTHING) !== NOTHING;

/** Sees to it that no child outlives this process, however it ends. */
export const guardChildren = (needed = !kernelDoes()): ChildrenGuard => {
  if (!needed) return { add: () => undefined, remove: () => undefined, close: () => undefined };
  const program = fileURLToPath(new URL('./childGuard.js', import.meta.url));
  const guard = spawn(process.execPath, [program], { stdio: ['pipe', 'ignore', 'ignore'], detached: true, env: {} });
  guard.stdin.on('error', () => undefined);
  guard.on('error', () => undefined);
  return {
    add: (pid) => void guard.stdin.write(`+${pid}\n`),
    remove: (pid) => void guard.stdin.write(`-${pid}\n`),
    close: () => void guard.stdin.end(),
  };
};
