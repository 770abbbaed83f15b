import { randomUUID } from 'node:crypto';
import {
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** A lock of another machine (a shared home directory) counts as dead when its owner did not touch it for this long. */
const FOREIGN_STALE_MS = 60_000;
const BEAT_MS = 5_000;
const POLL_MS = 50;

/**
 * Runs `work` while holding the lock file at `path`. The lock names its owner (process, start of the process, machine),
 * so that the lock of a process that was killed is taken over at once, and a recycled process ID is not mistaken for it.
 *
 * The lock only saves double work: whoever uses it must still publish results by an atomic rename, because two
 * takeovers of one dead lock can, in a window of microseconds, both succeed.
 *
 * @template T
 * @param {string} path where the lock file stands; its folder is made
 * @param {() => Promise<T>} work
 * @param {(owner: {pid: number, host: string}) => void} [onWait] called once when another process holds the lock
 * @returns {Promise<T>}
 */
export async function withLock(path, work, onWait) {
  mkdirSync(dirname(path), { recursive: true });
  const mine = { token: randomUUID(), pid: process.pid, born: birthOf(process.pid), host: hostname() };
  await take(path, mine, onWait);
  const beat = setInterval(() => touch(path), BEAT_MS);
  beat.unref();
  const release = () => drop(path, mine);
  process.once('exit', release);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    process.off('exit', release);
    release();
  }
}

async function take(path, mine, onWait) {
  const draft = `${path}.${mine.token}`;
  writeFileSync(draft, JSON.stringify(mine));
  let told = false;
  try {
    for (;;) {
      try {
        linkSync(draft, path); // atomic, and the content is there from the first moment
        return;
      } catch (error) {
        if (error.code !== 'EEXIST') throw error;
      }
      const owner = read(path);
      if (owner === undefined) continue; // released between the two calls
      if (isDead(owner, path)) {
        evict(path, owner, mine);
        continue;
      }
      if (!told) onWait?.(owner);
      told = true;
      await pause(POLL_MS);
    }
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Moves a dead lock aside; puts it back when it turns out to be somebody's new one. */
function evict(path, dead, mine) {
  const aside = `${path}.${mine.token}.dead`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (error.code === 'ENOENT') return;
    throw error;
  }
  const moved = read(aside);
  if (moved !== undefined && moved.token !== dead.token) {
    try {
      linkSync(aside, path);
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
  }
  rmSync(aside, { force: true });
}

function isDead(owner, path) {
  if (owner.host !== hostname()) {
    try {
      return Date.now() - statSync(path).mtimeMs > FOREIGN_STALE_MS;
    } catch {
      return false; // gone: the next round takes it
    }
  }
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    return error.code === 'ESRCH';
  }
  return owner.born !== birthOf(owner.pid);
}

/** Start of a process in clock ticks since boot (Linux); elsewhere an empty string, and process IDs alone decide. */
function birthOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

function drop(path, mine) {
  if (read(path)?.token === mine.token) rmSync(path, { force: true });
}

function touch(path) {
  const now = new Date();
  if (existsSync(path)) utimesSync(path, now, now);
}

function read(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    if (error instanceof SyntaxError) return { token: '', pid: 0, born: '', host: hostname() };
    throw error;
  }
}
