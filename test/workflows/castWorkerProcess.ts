import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface Asked {
  readonly activity: string;
  readonly input: unknown;
}

export interface CastWorker {
  /** What its workflows sent to others, in order. */
  readonly messages: readonly unknown[];
  /** Activities that it was asked for, in order. */
  readonly asked: readonly Asked[];
  /** Until it is asked for this activity. */
  untilAsked(activity: string): Promise<void>;
  /** kill -9: nothing of it says good-bye. Once is enough, twice is no harm. */
  kill(): Promise<void>;
}

export interface CastOptions {
  /** `patient`: of a release that takes nine days. */
  readonly cast?: 'usual' | 'patient';
  /** An activity that never ends in this worker. */
  readonly hangs?: string;
}

/** A worker that polls, in a process of its own. */
export const startCastWorker = async (
  address: string,
  bundlePath: string,
  { cast = 'usual', hangs }: CastOptions = {},
): Promise<CastWorker> => {
  const messages: unknown[] = [];
  const asked: Asked[] = [];
  const child: ChildProcess = fork(fileURLToPath(new URL('castWorker.js', import.meta.url)), [
    address,
    bundlePath,
    cast,
    ...(hangs === undefined ? [] : [hangs]),
  ]);
  const ended = once(child, 'exit');
  const ready = new Promise<void>((resolve) => {
    child.on('message', (message: { activity?: string; input?: unknown; ready?: boolean }) => {
      if (message.activity === 'sendMessage') messages.push(message.input);
      if (message.activity !== undefined) asked.push({ activity: message.activity, input: message.input });
      if (message.ready === true) resolve();
    });
  });
  await Promise.race([
    ready,
    ended.then(([code]) => {
      throw new Error(`the worker ended with ${String(code)} before it was ready`);
    }),
  ]);
  return {
    messages,
    asked,
    untilAsked: async (activity) => {
      while (!asked.some((one) => one.activity === activity)) await once(child, 'message');
    },
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
};
