import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { ERRORS } from '../domain/errors/table.js';
import { ensureCredentials, ensureStoreKeys } from './credentials.js';
import { lockHome } from './devLock.js';
import { devStateOf } from './devState.js';
import { writeWhole } from './files.js';
import { freePorts } from './freePorts.js';
import { guardChildren } from './guardChildren.js';
import { homeFiles, prepareHome, type HomeFiles } from './home.js';
import { isLost, problemOf } from './lostEngine.js';
import { completeOperatorFile, type ModelSource } from './operatorFile.js';
import { assertFree, choosePorts, type Ports } from './portPlan.js';
import {
  planProcesses,
  storeEndpoint,
  temporalAddress,
  type EnvironmentTarget,
  type PlanOptions,
  type StoreChoice,
  type TemporalChoice,
} from './processes.js';
import { objectStoreReady } from './objectStoreServer.js';
import { SEAWEED_PORTS, seaweedPortsOf } from './seaweedPorts.js';
import { mustAnswer, startProblem } from './startProblem.js';
import { superviseProcess, type SupervisedProcess, type SupervisionEvents } from './supervisedProcess.js';
import { temporalReady } from './temporalServer.js';

export interface DevOptions {
  readonly home: string;
  /** Workers for the queues other than `control`. */
  readonly workers: number;
  readonly ports: Partial<Ports>;
  readonly models: readonly ModelSource[];
  readonly temporal: TemporalChoice;
  readonly store: StoreChoice;
  /** Folder of the entry files. */
  readonly entries: string;
  /** What every process inherits; nothing that is secret. */
  readonly environment: Readonly<Record<string, string>>;
  /** Reads and checks the operator's file. */
  readonly readOperator: (file: string) => {
    readonly identities: readonly string[];
    readonly environments: readonly EnvironmentTarget[];
    /** Roles that no notification reaches. */
    readonly unheard: readonly string[];
  };
  readonly issueToken: (tokensFile: string, identity: string) => Promise<string>;
  /** One line per event. */
  readonly say: (text: string) => void;
}

export interface Dev {
  readonly url: string;
  readonly webUi?: string;
  /** Temporal has lost what it knew: models serve, and workers wait until it is recovered. */
  readonly lost: boolean;
  /** Where each environment answers predictions. */
  readonly environments: readonly { readonly name: string; readonly url: string; readonly grpc?: string }[];
  /** Ends everything in order: workers drain, then serving nodes, API, signer, object store, Temporal. */
  stop(): Promise<void>;
  /** Ends everything at once. */
  kill(): void;
}

const EXTERNAL_WITHIN_MS = 5_000;

/** Starts an installation on this machine and keeps all of its processes running until it is stopped. */
export const startDev = async (options: DevOptions, signal?: AbortSignal): Promise<Dev> => {
  const files = homeFiles(options.home);
  const unlock = await prepareHome(files)
    .then(() => lockHome(files.lock))
    .catch(async (error: unknown) => Promise.reject(await startProblem(options.home, error)));
  const fleet = createFleet(files, options);
  const stop = async (): Promise<void> => {
    await fleet.stop();
    await rm(files.devFile, { force: true });
    await unlock();
  };
  try {
    const plan = await prepare(files, options);
    await externalsAnswer(plan);
    await fleet.start(plan, signal);
    warnOfSilence(options.readOperator(files.config).unheard, options.say);
    const url = `http://127.0.0.1:${plan.ports.api}`;
    return {
      url,
      lost: isLost(await problemOf(url)),
      environments: plan.environments.map(answersAt),
      ...('binary' in plan.temporal ? { webUi: `http://127.0.0.1:${plan.ports.temporalUi}` } : {}),
      stop,
      kill: fleet.kill,
    };
  } catch (error) {
    // Looked at before the end: what stops gives room back.
    const problem = await startProblem(options.home, error);
    await stop();
    throw problem;
  }
};

const answersAt = ({ name, url, grpcPort }: EnvironmentTarget): Dev['environments'][number] => ({
  name,
  url,
  ...(grpcPort === undefined ? {} : { grpc: `${new URL(url).hostname}:${grpcPort}` }),
});

/** Whoever relies on an alert that nobody gets is to know it before the first one. */
const warnOfSilence = (unheard: readonly string[], say: DevOptions['say']): void => {
  if (unheard.length === 0) return;
  say(
    `no channel reaches ${unheard.join(', ')}: alerts and approvals are only shown; add channels to slipway.config.yaml`,
  );
};

/** Files, ports and credentials, before anything runs. */
const prepare = async (files: HomeFiles, options: DevOptions): Promise<PlanOptions> => {
  await completeOperatorFile(files, options);
  const { identities, environments } = options.readOperator(files.config);
  const ports = await choosePorts(files, options.ports);
  for (const { name, url, grpcPort } of environments) {
    const { port, hostname } = new URL(url);
    const whose = `environment ${name} in slipway.config.yaml`;
    await assertFree(Number(port), whose, hostname);
    if (grpcPort !== undefined) await assertFree(grpcPort, `grpcPort of ${whose}`, hostname);
  }
  await ensureCredentials(files, identities, options.issueToken);
  const free = await freePorts(SEAWEED_PORTS + 1 + options.workers);
  const external = 'endpoint' in options.store ? options.store : undefined;
  return {
    files,
    ports,
    workerPorts: free.slice(SEAWEED_PORTS),
    seaweedPorts: seaweedPortsOf(ports.store, free),
    storeKeys: external ?? (await ensureStoreKeys(files)),
    temporal: options.temporal,
    store: options.store,
    environments,
    entries: options.entries,
  };
};

/** Servers that somebody else runs must be there already. */
const externalsAnswer = async (plan: PlanOptions): Promise<void> => {
  const signal = AbortSignal.timeout(EXTERNAL_WITHIN_MS);
  if ('address' in plan.temporal) {
    const ready = temporalReady(temporalAddress(plan), signal);
    await mustAnswer('temporal_unreachable', 'SLIPWAY_TEMPORAL_ADDRESS', ready);
  }
  if ('endpoint' in plan.store) {
    const ready = objectStoreReady(storeEndpoint(plan), signal);
    await mustAnswer('store_unreachable', 'SLIPWAY_STORE_ENDPOINT', ready);
  }
};

interface Fleet {
  start(plan: PlanOptions, signal: AbortSignal | undefined): Promise<void>;
  stop(): Promise<void>;
  kill(): void;
}

/** All processes of one installation, with dev.json as it is now. */
const createFleet = (files: HomeFiles, { environment, say }: DevOptions): Fleet => {
  const groups: (readonly SupervisedProcess[])[] = [];
  const guard = guardChildren();
  const instanceId = randomUUID();
  let stopped = false;
  let recording: Promise<unknown> = Promise.resolve();
  const record = (): void => {
    if (stopped) return;
    recording = recording
      .then(() => writeWhole(files.devFile, `${JSON.stringify(devStateOf(instanceId, groups.flat()), null, 2)}\n`))
      .catch((error: unknown) => say(`dev.json cannot be written: ${error instanceof Error ? error.message : ''}`));
  };
  const seen = new Set<string>();
  const events: SupervisionEvents = {
    started: (_, pid) => {
      guard.add(pid);
      record();
    },
    ended: (name, pid) => {
      guard.remove(pid);
      record();
      if (stopped) say(`${name} has ended`);
    },
    up: (name, tookMs) => {
      say(`${name} is ready (${(tookMs / 1000).toFixed(1)} s)`);
      if (seen.has(name) && (name === 'temporal' || name === 'store')) void recheck(groups.flat(), name, say);
      seen.add(name);
    },
    down: (name, how, waitMs) => {
      if (!stopped) say(`${name} ended (${how}); it starts again in ${waitMs} ms, see ${files.logs}/${name}.log`);
    },
  };
  return {
    start: async (plan, signal) => {
      const give = { logFolder: files.logs, events, environment };
      const planned = planProcesses(plan).map((group) => group.map((one) => superviseProcess(one, give)));
      // Engine, store and signer know nothing of each other; neither do API, serving nodes and workers.
      for (const wave of [planned.slice(0, 3), planned.slice(3)]) {
        signal?.throwIfAborted();
        groups.push(...wave);
        await Promise.race([Promise.all(wave.flat().map((one) => one.start())), aborted(signal)]);
      }
      record();
      await recording;
    },
    stop: async () => {
      stopped = true;
      for (const group of [...groups].reverse()) await Promise.all(group.map((one) => one.stop()));
      await recording;
      guard.close();
    },
    kill: () => {
      stopped = true;
      for (const one of groups.flat()) one.kill();
    },
  };
};

const aborted = (signal: AbortSignal | undefined): Promise<never> =>
  new Promise((_, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });

/** An engine or store that came back may have lost everything: the API, which knows what it was, is asked. */
const recheck = async (
  processes: readonly SupervisedProcess[],
  name: string,
  say: DevOptions['say'],
): Promise<void> => {
  const url = processes.find((one) => one.plan.name === 'api')?.plan.at.url;
  if (url === undefined) return;
  await delay(0);
  const problem = await problemOf(url);
  if (problem === undefined) return;
  say(`after the restart of ${name}: ${problem.message}`);
  if (isLost(problem)) say(`temporal_empty: ${ERRORS.temporal_empty.action}`);
};
