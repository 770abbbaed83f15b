import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Digest } from '../../domain/artifact/types.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import type { Fence } from '../../domain/rollout/types.js';
import { exchangeJson } from '../../transport/exchange.js';
import type { RunningProcess } from './startProcess.js';

export interface ProcessStatus {
  readonly ready: boolean;
  /** Was ready at some time: it is worth waiting for, and its failure is news. */
  readonly wasReady: boolean;
  readonly restarts: number;
  readonly reason: string | undefined;
  readonly socket: string | undefined;
  /** At the last probe; undefined where the system does not say. */
  readonly memoryMiB: number | undefined;
}

/** One version's model server, kept running: started, probed, and started again where it died or hangs. */
export interface ModelProcess {
  status(): ProcessStatus;
  /** What the server itself says that it serves, asked now. */
  servedDigest(): Promise<Digest | undefined>;
  /** A connection to it broke: no traffic goes there until it has answered a probe. */
  suspect(): void;
  /** It is of no use, whatever its probes say: ended, and started again. */
  replace(why: string): void;
  /** Counters begin again with this fence; also after each restart. */
  countFrom(fence: Fence): Promise<void>;
  stop(): Promise<void>;
}

export interface ModelProcessOptions {
  readonly model: string;
  readonly digest: Digest;
  readonly log: Logger;
  /** Grown beyond, it is ended and started again. */
  readonly memoryMiB: number;
  /** Brings the artifact here, and starts a server for it that listens on the socket. */
  readonly launch: () => Promise<{ readonly process: RunningProcess; readonly socket: string }>;
  /** Readiness changed. */
  readonly onChange: () => void;
  /** It ended or hangs: what is under way there will not be answered. */
  readonly onGone: () => void;
}

const PROBE_MS = { loading: 50, serving: 500, timeout: 1_000 };
/** Probes in a row without an answer, after which no traffic goes there. */
const MISSES = 2;
const HANG_MS = 10_000;
const LOAD_MS = 120_000;
const STOP_MS = 15_000;
/** A server that ran this long starts the back-off anew. */
const STEADY_MS = 30_000;
const BACK_OFF = { first: 250, longest: 30_000 };

export const superviseModel = (options: ModelProcessOptions): ModelProcess => {
  const stopping = new AbortController();
  let running: { readonly process: RunningProcess; readonly socket: string } | undefined;
  let ready = false;
  let wasReady = false;
  let restarts = 0;
  let reason: string | undefined = 'the model server is starting';
  let memory: number | undefined;
  let fence: Fence | undefined;
  /** Why we ended the process that runs; its own last words say nothing of that. */
  let givenUp: string | undefined;

  const become = (now: boolean, why: string | undefined): void => {
    const changed = ready !== now;
    ready = now;
    reason = why;
    wasReady ||= now;
    if (changed) options.onChange();
  };
  const giveUp = (why: string): void => {
    if (givenUp !== undefined) return;
    givenUp = why;
    become(false, why);
    running?.process.kill();
  };
  const watch = async (socket: string, server: RunningProcess): Promise<void> => {
    const started = performance.now();
    let answered = started;
    let misses = 0;
    let done = false;
    void server.ended.then((why) => {
      done = true;
      if (!stopping.signal.aborted) become(false, givenUp ?? why);
      options.onGone();
    });
    while (!done && givenUp === undefined && !stopping.signal.aborted) {
      const served = await askServed(socket, options.model).catch(() => undefined);
      if (done || givenUp !== undefined) break;
      if (served === undefined) misses += 1;
      else {
        misses = 0;
        answered = performance.now();
      }
      if (served === options.digest && !ready) {
        if (fence !== undefined) await sendFence(socket, fence).catch(() => undefined);
        if (!done) become(true, undefined);
      } else if (served !== undefined && served !== null && served !== options.digest) {
        become(false, `the model server serves ${served}`);
      } else if (ready && (served === null || misses >= MISSES)) {
        become(false, 'the model server does not answer');
        if (served === undefined) options.onGone();
      }
      memory = await server.memoryMiB();
      if (memory !== undefined && memory > options.memoryMiB)
        giveUp(
          `the model server had ${Math.ceil(memory)} MiB in memory, and may have ${options.memoryMiB} (serving.memoryMiB)`,
        );
      const silent = performance.now() - answered;
      if ((ready || wasReady) && silent > HANG_MS) giveUp(`the model server did not answer for ${HANG_MS / 1000} s`);
      if (!ready && performance.now() - started > LOAD_MS)
        giveUp(`the model server was not ready within ${LOAD_MS / 1000} s: ${reason ?? 'it does not say why'}`);
      await Promise.race([server.ended, delay(ready ? PROBE_MS.serving : PROBE_MS.loading)]);
    }
    if (givenUp !== undefined) await server.ended;
  };
  const runOnce = async (): Promise<void> => {
    running = await options.launch();
    givenUp = undefined;
    const { process: server, socket } = running;
    if (stopping.signal.aborted) return server.stop(STOP_MS);
    await watch(socket, server);
    if (!stopping.signal.aborted) running = undefined;
  };
  const keepRunning = async (): Promise<void> => {
    let wait = 0;
    while (!stopping.signal.aborted) {
      const began = performance.now();
      await runOnce().catch((error: unknown) => become(false, error instanceof Error ? error.message : String(error)));
      if (stopping.signal.aborted) return;
      if (performance.now() - began > STEADY_MS) wait = 0;
      options.log.warn({ version: options.digest, reason, restarts, waitMs: wait }, 'model server is started again');
      restarts += 1;
      await delay(wait, undefined, { signal: stopping.signal }).catch(() => undefined);
      wait = Math.min(Math.max(BACK_OFF.first, wait * 2), BACK_OFF.longest);
    }
  };
  const kept = keepRunning();
  return {
    status: () => ({ ready, wasReady, restarts, reason, socket: running?.socket, memoryMiB: memory }),
    servedDigest: async () => {
      if (running === undefined) return undefined;
      return (await askServed(running.socket, options.model).catch(() => undefined)) ?? undefined;
    },
    replace: giveUp,
    suspect: () => {
      if (ready) become(false, 'a connection to the model server broke');
    },
    countFrom: async (next) => {
      fence = next;
      if (running !== undefined && ready) await sendFence(running.socket, next);
    },
    stop: async () => {
      stopping.abort();
      become(false, 'the version was removed');
      await running?.process.stop(STOP_MS);
      await kept;
    },
  };
};

/** The digest that the server names in its own metadata; null: it says that it is not ready. */
const askServed = async (socket: string, model: string): Promise<Digest | null> => {
  const { status, body } = await exchangeJson(
    { socketPath: socket },
    { path: `/v2/models/${model}`, timeoutMs: PROBE_MS.timeout },
  );
  if (status !== 200) return null;
  const version = (body as { versions?: readonly unknown[] }).versions?.[0];
  return typeof version === 'string' ? `sha256:${version}` : null;
};

const sendFence = async (socket: string, fence: Fence): Promise<void> => {
  const { status } = await exchangeJson(
    { socketPath: socket },
    { method: 'PUT', path: '/slipway/fence', timeoutMs: PROBE_MS.timeout, body: fence },
  );
  if (status !== 200) throw new SlipwayError('internal', 'the model server does not take the fence');
};
