import { spawnSync } from 'node:child_process';
import { stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Finding } from './commands/local.js';
import type { Cli } from './context.js';
import { describeSource, type WatchedSource } from '../domain/release/sourceSeen.js';
import { exchange, type Address } from '../transport/exchange.js';
import { readDevState, type DevState } from './devState.js';

/** What needs adapters; the entry file hands it over. */
export interface DoctorParts {
  /** Races conditional writes against the store of this home; throws where it does not keep them. */
  readonly probeStore: (home: string, endpoint: string) => Promise<void>;
  /** What keeps entries of the ledger from being deleted; undefined: nothing does. */
  readonly ledgerLock: (
    home: string,
    endpoint: string,
  ) => Promise<{ readonly mode: string; readonly days: number } | undefined>;
  /** What runs commands of model repositories, and why it cannot, or does not confine them; throws where the operator's file cannot be read. */
  readonly steps: (home: string) => Promise<StepsFound>;
  /** Where Temporal is that somebody else runs; undefined: none is named. */
  readonly temporalAddress: () => string | undefined;
  /** Undefined where Temporal does not say. */
  readonly asksForCredentials: (address: string) => Promise<boolean | undefined>;
  /** Roles that no notification reaches; throws where the operator's file cannot be read. */
  readonly unheard: (home: string) => readonly string[];
}

export type StepsFound =
  | { readonly runner: 'process'; readonly unconfined?: string }
  | { readonly runner: 'docker'; readonly image: string; readonly socket: string; readonly missing?: string };

type Process = DevState['processes'][number];

const GIB = 1024 ** 3;
const LEAST_FREE = 2;
const TIMEOUT_MS = 3_000;

/** Looks at everything that the installation of this home needs: processes, store, disk, tools, protection. */
export const examineInstallation = async (cli: Cli, parts: DoctorParts): Promise<readonly Finding[]> => {
  const state = readDevState(cli.home);
  cli.out.progress('asking every process');
  const processes = await Promise.all(state?.processes.map(answers) ?? []);
  // One that does not answer its health says nothing else in any time that somebody would wait.
  const silent = processes.some(({ ok, check }) => !ok && ['store', 'api'].includes(check));
  return [
    nodeVersion(),
    tool('git', ['--version'], 'model repositories cannot be read'),
    await disk(cli.home),
    ...processes,
    ...(state === undefined && !cli.remote ? [noInstallation(cli.home)] : []),
    ...(silent || (state === undefined && !cli.remote) ? [] : [await api(cli), ...(await repositories(cli))]),
    ...(silent ? [] : await store(cli, state, parts)),
    ...(await doorToTemporal(state, parts)),
    await steps(cli.home, parts),
    ...(cli.remote ? [] : [await keys(cli.home), ...channels(state, cli.home, parts)]),
  ];
};

const noInstallation = (home: string): Finding => ({
  check: 'installation',
  ok: false,
  detail: `none runs in ${home}: start one with \`slipway dev\`, or set SLIPWAY_URL`,
});

const nodeVersion = (): Finding => {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  return {
    check: 'node',
    ok: major > 20 || (major === 20 && minor >= 19),
    detail: `${process.version}; 20.19 or newer is needed`,
  };
};

const tool = (name: string, words: readonly string[], otherwise: string): Finding => {
  const { status, stdout } = spawnSync(name, [...words], { encoding: 'utf8', timeout: TIMEOUT_MS });
  return { check: name, ok: status === 0, detail: status === 0 ? stdout.trim() : `not found: ${otherwise}` };
};

const disk = async (home: string): Promise<Finding> => {
  const { bavail, bsize } = await statfs(home).catch(() => statfs('.'));
  const free = (bavail * bsize) / GIB;
  return {
    check: 'disk',
    ok: free > LEAST_FREE,
    detail: `${free.toFixed(1)} GiB free; artifacts, logs and builds need ${LEAST_FREE} at least`,
  };
};

/** Where each kind of process says how it is. */
const healthPath = (name: string): string => {
  if (name === 'temporal') return '/api/v1/system-info';
  if (name === 'store') return '/minio/health/live';
  return '/health';
};

const answers = async (one: Process): Promise<Finding> => {
  const { name, pid, url, socket } = one;
  const where = url ?? socket ?? '';
  try {
    const { status, text } = await exchange(addressOf(one), { path: healthPath(name), timeoutMs: TIMEOUT_MS });
    // A store that is no MinIO answers as well, only not this.
    const ok = status === 200 || (name === 'store' && status > 0 && status < 500);
    const version = name === 'temporal' && ok ? versionOf(text) : '';
    return { check: name, ok, detail: ok ? `process ${pid} at ${where}${version}` : `answers ${status} at ${where}` };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return {
      check: name,
      ok: false,
      detail: `process ${pid} does not answer at ${where} (${why}); if slipway dev runs, it starts it again: see logs/${name}.log`,
    };
  }
};

/** Over its socket where it has one: that is the one who commands it uses. */
const addressOf = ({ url, socket }: Process): Address =>
  socket === undefined ? { host: new URL(url ?? '').hostname, port: new URL(url ?? '').port } : { socketPath: socket };

const versionOf = (text: string): string => {
  try {
    const { serverVersion } = JSON.parse(text) as { serverVersion?: string };
    return serverVersion === undefined ? '' : `, version ${serverVersion}`;
  } catch {
    return '';
  }
};

const api = async (cli: Cli): Promise<Finding> => {
  try {
    const client = cli.api();
    const { ready, checks } = await client.ready();
    const said = Object.entries(checks).map(([name, state]) => `${name} ${state}`);
    return { check: 'what the API needs', ok: ready, detail: `${said.join(', ')}; asked at ${client.url}` };
  } catch (error) {
    return { check: 'what the API needs', ok: false, detail: error instanceof Error ? error.message : String(error) };
  }
};

/** What the last look at each watched branch found. */
const repositories = async (cli: Cli): Promise<readonly Finding[]> => {
  try {
    const { sources } = await cli.api().get<{ sources: readonly WatchedSource[] }>('/api/v1/status');
    return sources.map((one) => ({
      check: `repository of ${one.model}`,
      ok: one.problem === undefined && one.skipped === undefined,
      detail: describeSource(one),
      // Nothing is broken where the first slipway.yaml is still to come.
      ...(one.problem === undefined && one.skipped !== undefined ? { advice: true } : {}),
    }));
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return [{ check: 'repositories', ok: false, advice: true, detail: `they are not known: ${detail}` }];
  }
};

const store = async (cli: Cli, state: DevState | undefined, parts: DoctorParts): Promise<readonly Finding[]> => {
  const endpoint = state?.processes.find(({ name }) => name === 'store')?.url;
  if (endpoint === undefined) return [];
  cli.out.progress('racing writes against the object store');
  try {
    await parts.probeStore(cli.home, endpoint);
    return [
      { check: 'conditional writes', ok: true, detail: `${endpoint} lets one writer win, and checks what it is sent` },
      await objectLock(cli, endpoint, parts),
    ];
  } catch (error) {
    return [{ check: 'conditional writes', ok: false, detail: error instanceof Error ? error.message : String(error) }];
  }
};

const objectLock = async (cli: Cli, endpoint: string, parts: DoctorParts): Promise<Finding> => {
  const lock = await parts.ledgerLock(cli.home, endpoint);
  return {
    check: 'object lock',
    ok: lock !== undefined,
    advice: true,
    detail:
      lock === undefined
        ? 'the ledger is under no object lock: who may write to its bucket may delete entries; audit verify finds it'
        : `entries of the ledger are kept for ${lock.days} days (${lock.mode})`,
  };
};

/** Whoever reaches Temporal can signal and start workflows: docs/operations.md says what that is good for. */
const doorToTemporal = async (state: DevState | undefined, parts: DoctorParts): Promise<readonly Finding[]> => {
  const embedded = state?.processes.find(({ name }) => name === 'temporal')?.address;
  const address = embedded ?? parts.temporalAddress();
  if (address === undefined) return [];
  const open = embedded !== undefined || (await parts.asksForCredentials(address)) === false;
  const local = isLoopback(address);
  const who = local ? 'every program of this machine' : 'everybody in its network';
  return [
    {
      check: 'who reaches Temporal',
      ok: !open || (local && embedded === undefined),
      advice: true,
      detail: open
        ? `${address} asks for no credentials: ${who} can signal, start and end workflows, and cannot approve (docs/operations.md, "Who can reach Temporal")`
        : `${address} lets nobody in without credentials, or did not say`,
    },
  ];
};

const isLoopback = (address: string): boolean => {
  const host = address.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
};

const steps = async (home: string, parts: DoctorParts): Promise<Finding> => {
  try {
    const found = await parts.steps(home);
    return found.runner === 'process' ? sandbox(found) : containers(found);
  } catch (error) {
    return { check: 'steps', ok: false, detail: error instanceof Error ? error.message : String(error) };
  }
};

const sandbox = ({ unconfined }: StepsFound & { runner: 'process' }): Finding => ({
  check: 'sandbox',
  ok: unconfined === undefined,
  advice: true,
  detail:
    unconfined === undefined
      ? 'bubblewrap works: commands of model repositories can write to the folder of their run alone, see no other process and no key, and reach no network unless they declare it'
      : `bubblewrap does not work here (${unconfined}): commands of model repositories run as this user, can write where it can, read its files and keys, see its processes, and reach the network; steps.confinement: required in slipway.config.yaml runs none then, and steps.runner: docker runs them in containers`,
});

const containers = ({ image, socket, missing }: StepsFound & { runner: 'docker' }): Finding => ({
  check: 'steps',
  ok: missing === undefined,
  detail:
    missing === undefined
      ? `commands of model repositories run in containers of ${image}, by the engine at ${socket}`
      : `commands of model repositories cannot run: ${missing}`,
});

const channels = (state: DevState | undefined, home: string, parts: DoctorParts): readonly Finding[] => {
  if (state === undefined) return [];
  try {
    const unheard = parts.unheard(home);
    return [
      {
        check: 'channels',
        ok: unheard.length === 0,
        advice: true,
        detail:
          unheard.length === 0
            ? 'owners and approvers can be told'
            : `nothing reaches ${unheard.join(', ')}: alerts and questions wait until somebody looks; add channels to slipway.config.yaml`,
      },
    ];
  } catch (error) {
    return [{ check: 'channels', ok: false, detail: error instanceof Error ? error.message : String(error) }];
  }
};

const keys = async (home: string): Promise<Finding> => {
  const owner = await stat(join(home, 'keys')).catch(() => undefined);
  const same = owner === undefined || owner.uid === process.getuid?.();
  return {
    check: 'keys',
    ok: !same,
    advice: true,
    detail: same
      ? 'signing keys belong to the user that also runs commands of model repositories; run signer and API as another user where that matters'
      : 'signing keys belong to another user',
  };
};
