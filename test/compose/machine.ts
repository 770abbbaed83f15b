/** This machine in the place of containers: paths, host names and ports of docker-compose.yml become local ones. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { hasEnded, until } from '../supervisor/scene.js';
import { ROOT, type Service } from './composeFile.js';

export interface Started {
  readonly name: string;
  readonly child: ChildProcess;
  readonly exit: Promise<number | string>;
  log(): string;
}

export interface Machine {
  /** Where the configuration of the operator lies, the folder that is mounted at /etc/slipway. */
  readonly config: string;
  /** Where the volume of this name lies. */
  volume(name: string): string;
  /** Text of the compose file or of the configuration, as this machine has it. */
  local(text: string, service?: string): string;
  start(name: string, service: Service): Started;
  /** Runs a command in the place of `docker compose exec`. */
  exec(name: string, service: Service, words: readonly string[]): { readonly status: number | null; stdout: string };
  healthy(started: Started, service: Service): Promise<void>;
  /** Every process below these, and they themselves. */
  processes(): readonly number[];
  close(): void;
}

export interface Addresses {
  readonly temporal: string;
  readonly store: string;
  /** Of each of our services that listens. */
  readonly ports: Readonly<Record<string, number>>;
}

export const openMachine = (addresses: Addresses): Machine => {
  const folder = mkdtempSync(join(tmpdir(), 'slc-'));
  const children: ChildProcess[] = [];
  const made = (path: string): string => {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    return path;
  };
  const volume = (name: string): string =>
    name.startsWith('./') ? made(join(folder, 'host', name)) : made(join(folder, name));
  /** A volume below another one is mounted over a folder of it, which the image has made. */
  const mounts = (service: Service): readonly (readonly [container: string, here: string])[] => {
    const all = (service.volumes ?? []).map((text) => {
      const [name = '', path = ''] = text.split(':');
      return [path, volume(name)] as const;
    });
    for (const [path, here] of all) {
      const outer = all.find(([other]) => other !== path && path.startsWith(`${other}/`));
      if (outer === undefined) continue;
      const point = join(outer[1], path.slice(outer[0].length));
      made(dirname(point));
      if (!existsSync(point)) symlinkSync(here, point);
    }
    return all.filter(([path]) => !all.some(([other]) => other !== path && path.startsWith(`${other}/`)));
  };
  const local = (text: string, service?: string): string => {
    let changed = text
      .replaceAll('temporal:7233', addresses.temporal)
      .replaceAll('http://minio:9000', addresses.store)
      .replaceAll('0.0.0.0', '127.0.0.1');
    for (const [name, port] of Object.entries(addresses.ports))
      changed = changed.replace(new RegExp(`${name}:\\d+`, 'g'), `127.0.0.1:${port}`);
    const port = service === undefined ? undefined : addresses.ports[service];
    return port === undefined ? changed : changed.replace(/(?<=127\.0\.0\.1:|^)7[67]\d\d(?=\D|$)/g, String(port));
  };
  const placed = (text: string, service: Service): string =>
    mounts(service).reduce((changed, [path, here]) => changed.replaceAll(path, here), text);
  const environmentOf = (name: string, service: Service): Record<string, string> => {
    const env = Object.fromEntries(
      Object.entries(service.environment ?? {}).map(([key, value]) => [key, placed(local(value, name), service)]),
    );
    if (env['TMPDIR'] !== undefined) made(env['TMPDIR']);
    return { PATH: process.env['PATH'] ?? '', ...env };
  };
  return {
    config: volume('./config'),
    volume,
    local,
    start: (name, service) => {
      const [command = '', ...args] = (service.command ?? []).map((word) => placed(word, service));
      const child = spawn(command, args, {
        cwd: ROOT,
        env: environmentOf(name, service),
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      children.push(child);
      let text = '';
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      const exit = once(child, 'close').then(([code, signal]) => (code as number | null) ?? (signal as string));
      return { name, child, exit, log: () => text };
    },
    exec: (name, service, words) => {
      const [command = '', ...args] = words;
      const ran = spawnSync(command, args, { cwd: ROOT, env: environmentOf(name, service), encoding: 'utf8' });
      return { status: ran.status, stdout: ran.stdout };
    },
    healthy: async (started, service) => {
      const [kind, command = '', ...args] = (service.healthcheck?.test ?? []).map((word) =>
        placed(local(word, started.name), service),
      );
      if (kind !== 'CMD') throw new Error(`${started.name} has no health check of its own`);
      await until(() => {
        if (started.child.exitCode !== null) throw new Error(`${started.name} ended:\n${started.log()}`);
        return spawnSync(command, args, { cwd: ROOT, env: environmentOf(started.name, service) }).status === 0;
      });
    },
    processes: () => children.flatMap(({ pid }) => (pid === undefined ? [] : below(pid))),
    close: () => {
      for (const child of children) child.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
};

const below = (pid: number): readonly number[] => {
  if (hasEnded(pid)) return [];
  const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );
  return [pid, ...children.flatMap(below)];
};
