/** A real container engine for tests: one that answers already, else Docker's, started by root for this process. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type Docker from 'dockerode';
import { createStepImage } from './stepImage.js';
import { startServerProcess } from './serverProcess.js';
import { openEngine } from '../../src/adapters/docker/engine.js';
import type { ServerCommand } from '../../src/supervisor/serverCommand.js';

export interface ContainerEngine {
  readonly socket: string;
  /** Has a shell and what the tests' commands are made of. */
  readonly image: string;
  /** What it is, for the names of tests. */
  readonly title: string;
  /** Takes the image away, and ends the engine where it was started here. */
  stop(): Promise<void>;
}

const DEFAULT_SOCKET = '/var/run/docker.sock';

/** The engine, or why there is none on this machine. */
export const findContainerEngine = async (): Promise<ContainerEngine | string> => {
  const running = [process.env['DOCKER_HOST']?.replace(/^unix:\/\//, ''), DEFAULT_SOCKET].find(
    (socket) => socket !== undefined && existsSync(socket),
  );
  const started = running === undefined ? await start() : { socket: running, end: async () => undefined };
  if (typeof started === 'string') return started;
  const engine = openEngine(started.socket);
  try {
    const image = await createStepImage(engine);
    const broken = await tryContainer(engine, image);
    if (broken !== undefined) {
      await engine.getImage(image).remove({ force: true });
      await started.end();
      return `the container engine of this machine runs no containers: ${broken}`;
    }
    const { Version, Components } = (await engine.version()) as {
      Version: string;
      Components?: readonly { readonly Name: string }[];
    };
    return {
      socket: started.socket,
      image,
      title: `${Components?.[0]?.Name ?? 'engine'} ${Version}`,
      stop: async () => {
        await engine.getImage(image).remove({ force: true });
        await started.end();
      },
    };
  } catch (error) {
    await started.end();
    throw error;
  }
};

/** Why not even the smallest container runs, where none does: some sandboxes let an engine start, and nothing in it. */
const tryContainer = async (engine: Docker, image: string): Promise<string | undefined> => {
  const container = await engine.createContainer({
    Image: image,
    Cmd: ['/bin/sh', '-c', 'true'],
    HostConfig: { NetworkMode: 'none' },
  });
  try {
    await container.start();
    const { StatusCode } = (await container.wait()) as { readonly StatusCode: number };
    return StatusCode === 0 ? undefined : `it ends with ${StatusCode}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    await container.remove({ force: true });
  }
};

const start = async (): Promise<{ readonly socket: string; end(): Promise<void> } | string> => {
  if (process.getuid?.() !== 0) return 'no container engine answers, and only root can start one';
  if (!isOnPath('dockerd'))
    return 'no container engine answers, and dockerd is not on PATH (Debian: apt-get install docker.io)';
  const folder = mkdtempSync(join(tmpdir(), 'slipway-engine-'));
  const socket = join(folder, 'engine.sock');
  const server = await startEngine(folder, socket).catch((error: unknown) => {
    unmountBelow(folder);
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    return error instanceof Error ? error.message : String(error);
  });
  if (typeof server === 'string') return `dockerd does not start on this machine: ${server}`;
  return {
    socket,
    end: async () => {
      await server.stop();
      unmountBelow(folder);
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
};

const startEngine = (folder: string, socket: string): ReturnType<typeof startServerProcess> =>
  startServerProcess({
    name: 'container engine',
    command: docker(folder, socket),
    ready: async (signal) => {
      const answers = () =>
        openEngine(socket)
          .ping()
          .then(
            () => true,
            () => false,
          );
      while (!signal.aborted && !(await answers())) await new Promise((next) => setTimeout(next, 50));
    },
  });

/** Without a network of its own: nothing of this machine's is changed for it. */
const docker = (folder: string, socket: string): ServerCommand => ({
  command: 'dockerd',
  env: {},
  args: [
    ...['--host', `unix://${socket}`, '--pidfile', join(folder, 'engine.pid')],
    ...['--data-root', join(folder, 'data'), '--exec-root', join(folder, 'exec'), '--storage-driver', 'vfs'],
    ...['--bridge', 'none', '--iptables=false', '--ip6tables=false', '--log-level', 'warn'],
  ],
});

/** An engine that was stopped may leave its own mounts. */
const unmountBelow = (folder: string): void => {
  const mounts = execFileSync('cat', ['/proc/self/mounts'], { encoding: 'utf8' }).split('\n');
  for (const line of mounts.reverse()) {
    const place = line.split(' ')[1];
    if (place?.startsWith(`${folder}/`) === true) execFileSync('umount', [place]);
  }
};

const isOnPath = (name: string): boolean =>
  (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, name)));
