import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';

const KEPT = 4_000;

/** Ends a program with us, also when we are killed: an npm that goes on alone would write into the next installation. */
const SETPRIV = ['/usr/bin/setpriv', '/bin/setpriv'].find((path) => process.platform === 'linux' && existsSync(path));

/**
 * Runs a command to its end and keeps the end of its output. Never throws: a missing command and a timeout are results.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{cwd?: string, env?: NodeJS.ProcessEnv, timeoutMs?: number}} [options]
 * @returns {Promise<{ok: boolean, output: string}>}
 */
export function run(command, args, { cwd, env = process.env, timeoutMs = 60_000 } = {}) {
  return new Promise((resolve) => {
    let output = '';
    const [program, ...rest] = SETPRIV === undefined ? [command, ...args] : guarded(command, args);
    const child = spawn(program, rest, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const keep = (chunk) => (output = (output + chunk).slice(-KEPT));
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    const timer = setTimeout(() => {
      output += `\nended after ${timeoutMs / 1_000} s`;
      child.kill('SIGKILL');
    }, timeoutMs);
    const stop = () => child.kill('SIGKILL');
    process.once('exit', stop);
    const done = (result) => {
      clearTimeout(timer);
      process.off('exit', stop);
      resolve(result);
    };
    child.once('error', (error) => done({ ok: false, output: error.code === 'ENOENT' ? 'not found' : error.message }));
    child.once('close', (code) => {
      const missing = SETPRIV !== undefined && code === NOT_FOUND;
      done({ ok: code === 0, output: missing ? 'not found' : output.trim() || `exit code ${code}` });
    });
  });
}

/** Exit code of setpriv for a program that is not on PATH. */
const NOT_FOUND = 127;

const guarded = (command, args) => [SETPRIV, '--pdeathsig', 'KILL', '--', command, ...args];
