import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { freePorts } from '../../src/supervisor/freePorts.js';

/** A real OCI registry: go-containerregistry's, built by Go through its module proxy once, or Debian's. */
const PACKAGE = 'github.com/google/go-containerregistry/cmd/registry@v0.22.1';
const FOLDER = '.build/go';

export interface RegistryServer {
  /** `127.0.0.1:<port>` */
  readonly host: string;
  stop(): Promise<void>;
}

/** The server, or why there is none on this machine. */
export const startRegistry = async (): Promise<RegistryServer | string> => {
  const binary = join(FOLDER, 'registry');
  if (!existsSync(binary)) {
    const why = await build();
    if (why !== undefined) return why;
  }
  const [port = 0] = await freePorts(1);
  const child = spawn(binary, ['-port', String(port)], { stdio: 'ignore' });
  const host = `127.0.0.1:${port}`;
  const answers = (): Promise<boolean> =>
    fetch(`http://${host}/v2/`).then(
      ({ ok }) => ok,
      () => false,
    );
  while (!(await answers())) await new Promise((next) => setTimeout(next, 25));
  return {
    host,
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', () => resolve());
        child.kill('SIGTERM');
      }),
  };
};

const build = (): Promise<string | undefined> => {
  mkdirSync(FOLDER, { recursive: true });
  return new Promise((resolve) => {
    const env = { ...process.env, GOBIN: join(process.cwd(), FOLDER) };
    execFile('go', ['install', PACKAGE], { env, timeout: 120_000 }, (error) =>
      resolve(
        error === null ? undefined : `no OCI registry can be had: go install failed (${error.message.split('\n')[0]})`,
      ),
    );
  });
};
