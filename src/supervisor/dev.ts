import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { devStateOf } from './devState.js';
import { lockHome } from './devLock.js';
import { writeWhole } from './files.js';
import { choosePorts, ensureCredentials, ensureOperatorFile, ensureStoreKeys, type ModelSource } from './firstStart.js';
import { freePorts } from './freePorts.js';
import { homeFiles } from './home.js';
import { planProcesses, type Binaries } from './processes.js';
import { superviseProcess, type SupervisedProcess } from './supervisedProcess.js';

export interface DevOptions {
  readonly home: string;
  /** Workers for the queues other than `control`. */
  readonly workers: number;
  readonly apiPort?: number;
  readonly models: readonly ModelSource[];
  readonly binaries: Binaries;
  readonly entries: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly issueToken: (tokensFile: string, identity: string) => Promise<string>;
  readonly say: (text: string) => void;
}

export interface Dev {
  readonly url: string;
  readonly webUi: string;
  stop(): Promise<void>;
}

const GRACE_MS = 15_000;
const SEAWEED_PORTS = 8;

/** Starts an installation on this machine and keeps all of its processes running until it is stopped. */
export const startDev = async (options: DevOptions): Promise<Dev> => {
  const files = homeFiles(options.home);
  await mkdir(files.directory, { recursive: true, mode: 0o700 });
  const unlock = await lockHome(files.lock);
  const groups: (readonly SupervisedProcess[])[] = [];
  const instanceId = randomUUID();
  const record = (): Promise<void> =>
    writeWhole(files.devFile, JSON.stringify(devStateOf(instanceId, groups.flat()), null, 2));
  let recording: Promise<unknown> = Promise.resolve();
  const events = {
    up: (name: string) => {
      options.say(`${name} is up`);
      recording = recording.then(record).catch(() => undefined);
    },
    down: (name: string, how: string, waitMs: number) =>
      options.say(`${name} ended (${how}); starting it again in ${waitMs} ms`),
  };
  const stop = async (): Promise<void> => {
    // What was started last ends first: workers drain while everything they need is still there.
    for (const group of [...groups].reverse()) await Promise.all(group.map((one) => one.stop(GRACE_MS)));
    await recording;
    await rm(files.devFile, { force: true });
    await unlock();
  };
  try {
    await Promise.all([files.run, files.objects].map((folder) => mkdir(folder, { recursive: true, mode: 0o700 })));
    const ports = await choosePorts(files, options.apiPort);
    const storeKeys = await ensureStoreKeys(files);
    await ensureOperatorFile(files, ports, options.models);
    await ensureCredentials(files, options.issueToken);
    const [
      s3Grpc = 0,
      master = 0,
      masterGrpc = 0,
      volume = 0,
      volumeGrpc = 0,
      filer = 0,
      filerGrpc = 0,
      admin = 0,
      ...workerPorts
    ] = await freePorts(SEAWEED_PORTS + 1 + options.workers);
    const plans = planProcesses({
      files,
      ports,
      workerPorts,
      storeKeys,
      binaries: options.binaries,
      entries: options.entries,
      environment: options.environment,
      seaweedPorts: { s3: ports.store, s3Grpc, master, masterGrpc, volume, volumeGrpc, filer, filerGrpc, admin },
    });
    for (const group of plans) {
      const started = group.map((plan) => superviseProcess(plan, files.logs, events));
      groups.push(started);
      await Promise.all(started.map((one) => one.start()));
    }
    await recording.then(record);
    return { url: `http://127.0.0.1:${ports.api}`, webUi: `http://127.0.0.1:${ports.temporalUi}`, stop };
  } catch (error) {
    await stop();
    throw error;
  }
};
