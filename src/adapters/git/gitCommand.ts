import { spawn } from 'node:child_process';
import { SlipwayError } from '../../domain/errors/slipwayError.js';

export interface GitResult {
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export interface GitOptions {
  /** PATH, and private folders that stand in for the user's own settings. */
  readonly env: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly timeoutMs?: number;
  /** Takes what git says as it comes, of any length, instead of the result; what it throws ends git, and is thrown. */
  readonly onOutput?: (chunk: Buffer) => void;
}

export type Git = (args: readonly string[], options?: Partial<GitOptions>) => Promise<GitResult>;

const TIMEOUT_MS = 120_000;
const MAX_OUTPUT_BYTES = 256 * 1024 * 1024;

/**
 * The system's git, run without a shell and without anybody's settings: no hooks, no filters (LFS), no helpers, no
 * prompts. Arguments are fixed words of ours; names that come from outside follow after `--` or `--end-of-options`.
 * (A library around git would add its own parser of options between us and the arguments.)
 */
export const createGit = (base: GitOptions): Git => {
  return (args, options = {}) =>
    new Promise((resolve, reject) => {
      const child = spawn('git', [...PINNED, ...args], {
        env: { ...base.env, ...ISOLATED, ...options.env },
        stdio: ['pipe', 'pipe', 'pipe'],
        detached: true,
      });
      const timeoutMs = options.timeoutMs ?? base.timeoutMs ?? TIMEOUT_MS;
      const kill = (): void => {
        try {
          // With its transport (ssh, the other side of a local fetch).
          if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
        } catch {
          // It has ended.
        }
      };
      const timer = setTimeout(kill, timeoutMs);
      const output: Buffer[] = [];
      let bytes = 0;
      let stderr = '';
      let refusal: Error | undefined;
      const keep = (chunk: Buffer): void => {
        bytes += chunk.length;
        if (bytes > MAX_OUTPUT_BYTES) kill();
        else output.push(chunk);
      };
      child.stdout.on('data', (chunk: Buffer) => {
        if (refusal !== undefined) return;
        try {
          (options.onOutput ?? keep)(chunk);
        } catch (error) {
          refusal = error instanceof Error ? error : new Error(String(error));
          kill();
        }
      });
      child.stderr.on('data', (chunk: Buffer) => {
        if (stderr.length < 64 * 1024) stderr += chunk.toString('utf8');
      });
      child.stdin.on('error', () => undefined);
      child.stdin.end(options.input ?? '');
      child.once('error', (cause) => {
        clearTimeout(timer);
        reject(new SlipwayError('repository_unreachable', 'git could not be started', {}, { cause }));
      });
      child.once('close', (code, signal) => {
        clearTimeout(timer);
        if (refusal !== undefined) return reject(refusal);
        const why =
          signal === null
            ? ''
            : `git was ended by ${signal} (limits: ${timeoutMs / 1000} s, ${MAX_OUTPUT_BYTES} bytes)`;
        resolve({ code: code ?? 137, stdout: Buffer.concat(output), stderr: `${stderr}${why}` });
      });
    });
};

/** Settings on the command line win over those of a fetched or a source repository. */
const PINNED = [
  ...['-c', 'core.hooksPath=/dev/null'],
  ...['-c', 'core.fsmonitor=false'],
  ...['-c', 'core.symlinks=true'],
  ...['-c', 'core.autocrlf=false'],
  ...['-c', 'core.protectHFS=true'],
  ...['-c', 'core.protectNTFS=true'],
  ...['-c', 'submodule.recurse=false'],
  ...['-c', 'credential.helper='],
  ...['-c', 'transfer.fsckObjects=true'],
  ...['-c', 'http.followRedirects=initial'],
  ...['-c', 'gc.auto=0'],
  ...['-c', 'maintenance.auto=false'],
  ...['-c', 'log.showSignature=false'],
  '--no-replace-objects',
  '--literal-pathspecs',
] as const;

const ISOLATED = {
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_TERMINAL_PROMPT: '0',
  GIT_ASKPASS: '/bin/false',
  SSH_ASKPASS: '/bin/false',
  GIT_SSH_COMMAND: 'ssh -oBatchMode=yes',
  GIT_LFS_SKIP_SMUDGE: '1',
  GIT_ATTR_NOSYSTEM: '1',
  LC_ALL: 'C',
} as const;
