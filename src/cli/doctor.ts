import { spawnSync } from 'node:child_process';
import { readFile, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Finding } from './commands/local.js';
import type { Cli } from './context.js';

interface StoreOptions {
  readonly endpoint: string;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly bucket: string;
}

interface DevState {
  readonly processes: readonly {
    readonly name: string;
    readonly pid: number;
    readonly url?: string;
    readonly socket?: string;
  }[];
}

const GIB = 1024 ** 3;

/** Looks at everything that the installation of this home needs: processes, store, disk, tools, protection. */
export const examineInstallation = async (
  cli: Cli,
  probe: (options: StoreOptions) => Promise<void>,
): Promise<readonly Finding[]> => {
  const state = await readJson<DevState>(join(cli.home, 'dev.json'));
  return [
    nodeVersion(),
    tool('git', ['--version'], 'model repositories cannot be read'),
    await disk(cli.home),
    ...(state === undefined
      ? [{ check: 'installation', ok: false, detail: `none runs in ${cli.home}: start one with \`slipway dev\`` }]
      : state.processes.map(alive)),
    await api(cli),
    ...(state === undefined ? [] : [await store(cli.home, state, probe)]),
    sandbox(),
    await keys(cli.home),
  ];
};

const nodeVersion = (): Finding => {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  return {
    check: 'node',
    ok: major > 20 || (major === 20 && minor >= 19),
    detail: `${process.version}; 20.19 or newer is needed`,
  };
};

const tool = (name: string, words: readonly string[], otherwise: string): Finding => {
  const { status, stdout } = spawnSync(name, [...words], { encoding: 'utf8', timeout: 5_000 });
  return { check: name, ok: status === 0, detail: status === 0 ? stdout.trim() : `not found: ${otherwise}` };
};

const disk = async (home: string): Promise<Finding> => {
  const { bavail, bsize } = await statfs(home).catch(() => statfs('.'));
  const free = (bavail * bsize) / GIB;
  return { check: 'disk', ok: free > 1, detail: `${free.toFixed(1)} GiB free` };
};

const alive = ({ name, pid, url, socket }: DevState['processes'][number]): Finding => {
  try {
    process.kill(pid, 0);
    return { check: name, ok: true, detail: `process ${pid} at ${url ?? socket ?? ''}` };
  } catch {
    return {
      check: name,
      ok: false,
      detail: `process ${pid} has gone; its supervisor starts it again, or look at logs/${name}.log`,
    };
  }
};

const api = async (cli: Cli): Promise<Finding> => {
  try {
    const ready = await cli.api().get<{ checks?: Readonly<Record<string, string>> }>('/ready');
    return {
      check: 'api',
      ok: true,
      detail: Object.entries(ready.checks ?? {})
        .map(([name, state]) => `${name} ${state}`)
        .join(', '),
    };
  } catch (error) {
    return { check: 'api', ok: false, detail: error instanceof Error ? error.message : String(error) };
  }
};

const store = async (
  home: string,
  state: DevState,
  probe: (options: StoreOptions) => Promise<void>,
): Promise<Finding> => {
  const endpoint = state.processes.find((one) => one.name === 'store')?.url;
  const keysOfStore = await readJson<{ accessKey: string; secretKey: string }>(join(home, 'keys', 'store.json'));
  if (endpoint === undefined || keysOfStore === undefined)
    return { check: 'store', ok: false, detail: 'its address or credentials are not known here' };
  try {
    await probe({ endpoint, ...keysOfStore, bucket: 'slipway' });
    return { check: 'store', ok: true, detail: 'keeps conditional writes' };
  } catch (error) {
    return { check: 'store', ok: false, detail: error instanceof Error ? error.message : String(error) };
  }
};

const sandbox = (): Finding => {
  const { status } = spawnSync('bwrap', ['--unshare-all', '--die-with-parent', '--ro-bind', '/', '/', 'true'], {
    timeout: 5_000,
  });
  return {
    check: 'sandbox',
    ok: status === 0,
    advice: true,
    detail:
      status === 0
        ? 'bubblewrap works'
        : 'bubblewrap does not work here: commands of model repositories run as this user, and could read its files',
  };
};

const keys = async (home: string): Promise<Finding> => {
  const owner = await stat(join(home, 'keys')).catch(() => undefined);
  const same = owner === undefined || owner.uid === process.getuid?.();
  return {
    check: 'keys',
    ok: !same,
    advice: true,
    detail: same
      ? 'signing keys belong to the user that also runs commands of model repositories; run the signer and the API as another user where that matters'
      : 'signing keys belong to another user',
  };
};

const readJson = async <T>(path: string): Promise<T | undefined> => {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as T;
  } catch {
    return undefined;
  }
};
