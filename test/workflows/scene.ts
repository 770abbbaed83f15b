/**
 * A scene for workflow tests: the time-skipping server, workers on all queues with the real workflow bundle, and
 * activities that answer as told and write down how they were called. Activities have suites of their own; here the
 * plot is what is tested.
 */
import { readFileSync } from 'node:fs';
import { Client, type WorkflowHandle } from '@temporalio/client';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker, type WorkflowBundle } from '@temporalio/worker';
import type { Activities } from '../../activities/index.js';
import { QUEUES } from '../../workflows/messages.js';
import { startTemporal } from '../servers/temporal.js';
import { startTimeSkipping } from '../servers/timeSkipping.js';
import { installQuietRuntime } from '../fixtures/quietRuntime.js';

installQuietRuntime();

type Fake = (input: never) => unknown;
export type Fakes = { readonly [Name in keyof Activities]?: (input: Parameters<Activities[Name]>[0]) => unknown };

export interface Call {
  readonly activity: string;
  readonly input: unknown;
}

export interface Scene {
  readonly environment: TestWorkflowEnvironment;
  readonly calls: Call[];
  callsOf(activity: keyof Activities): readonly unknown[];
  /** Replaces what an activity answers, from now on. */
  answer(fakes: Fakes): void;
  /**
   * What a workflow ends with, found a minute at a time. Awaiting `handle.result()` lets the server skip freely, and in
   * the moment between the end and our hearing of it, it skips to the timeout of an idle arbiter, ten years ahead: use
   * this wherever somebody still has to meet that arbiter.
   */
  endOf<T>(handle: WorkflowHandle): Promise<T>;
  end(): Promise<void>;
}

/** The same on the development server, in real time: for what the time-skipping server does otherwise. */
export const openRealScene = async (fakes: Fakes): Promise<Scene> => {
  const server = await startTemporal();
  const environment = await TestWorkflowEnvironment.createFromExistingServer({ address: server.address });
  const scene = await openSceneOn(environment, fakes);
  return {
    ...scene,
    end: async () => {
      await scene.end();
      await server.stop();
    },
  };
};

export const openScene = async (fakes: Fakes): Promise<Scene> => openSceneOn(await startTimeSkipping(), fakes);

const openSceneOn = async (environment: TestWorkflowEnvironment, fakes: Fakes): Promise<Scene> => {
  const calls: Call[] = [];
  let current: Fakes = fakes;
  const activities = new Proxy({} as Record<string, Fake>, {
    ownKeys: () => Object.keys(current),
    getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }),
    get: (_, name: string) => async (input: never) => {
      calls.push({ activity: name, input });
      const fake = current[name as keyof Fakes] as Fake | undefined;
      if (fake === undefined) throw new Error(`the scene has no answer for ${name}`);
      return fake(input);
    },
    has: (_, name: string) => name in current,
  });
  const workflowBundle: WorkflowBundle = {
    code: readFileSync(new URL('../../workflow-bundle.js', import.meta.url), 'utf8'),
  };
  const workers = await Promise.all(
    Object.values(QUEUES).map((taskQueue) =>
      Worker.create({
        connection: environment.nativeConnection,
        taskQueue,
        activities,
        shutdownForceTime: '20 seconds',
        // A machine that many tests share is slow; Node ends where a workflow is ended in the middle.
        ...(taskQueue === QUEUES.control ? { workflowBundle, isolateExecutionTimeout: '1 minute' } : {}),
      }),
    ),
  );
  let ending = false;
  // The time-skipping server refuses a workflow that cancels an activity which has ended meanwhile (ACTIVITY_UNKNOWN), and
  // tells of that task no more: its worker waits for it, and is ended by force, though every test of the file has passed.
  const ended = (error: unknown): void => {
    if (!ending) throw error;
  };
  const running = workers.map((worker) => worker.run().catch(ended));
  return {
    environment,
    calls,
    callsOf: (activity) => calls.filter((call) => call.activity === activity).map((call) => call.input),
    answer: (more) => {
      current = { ...current, ...more };
    },
    endOf: async <T>(handle: WorkflowHandle) => {
      const client = new Client({ connection: environment.connection });
      const plain = client.workflow.getHandle(handle.workflowId);
      while ((await plain.describe()).status.name === 'RUNNING') await environment.sleep('1 minute');
      return (await plain.result()) as T;
    },
    end: async () => {
      ending = true;
      for (const worker of workers) worker.shutdown();
      await Promise.all(running);
      await environment.teardown();
    },
  };
};
