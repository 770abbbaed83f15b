import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { Writable, type Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type Docker from 'dockerode';
import { createOutputLog, type OutputLog } from '../../domain/release/outputLog.js';
import { endOfExitCode } from '../../domain/release/stepEnd.js';
import type { StepCommand, StepResult, StepRunner } from '../../ports/stepRunner.js';
import { untilStopped } from '../../transport/untilStopped.js';
import { containerOf, type ContainerTerms, type Owner } from './container.js';
import { asked, findContainers, inspectImage, openEngine, removeContainer } from './engine.js';
import { ASK_TO_END, handOver } from './firstProcess.js';

export interface DockerOptions extends Omit<ContainerTerms, 'user'> {
  /** Where the engine listens. */
  readonly socket: string;
  readonly owner: Owner;
  /** Numbers of user and group; this process's own where absent. */
  readonly user?: string;
  /** Between SIGTERM and SIGKILL, milliseconds. */
  readonly graceMs?: number;
}

export interface DockerStepRunner extends StepRunner {
  /** Removes what workers of this host left that are no more: containers whose folder of the run is gone. */
  sweep(): Promise<number>;
}

const GRACE_MS = 5_000;
/** How long a container may take to end after its output has. */
const END_MS = 10_000;

/** Runs each step in a container of its own, by an engine of this machine that speaks Docker's API. */
export const createDockerStepRunner = ({
  socket,
  owner,
  user = `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`,
  graceMs = GRACE_MS,
  ...terms
}: DockerOptions): DockerStepRunner => {
  const engine = openEngine(socket);
  return {
    run: async (step, onOutput, signal) => {
      signal.throwIfAborted();
      const { path } = await inspectImage(engine, terms.image);
      if (step.task !== undefined) await removeEarlier(engine, owner, step.task);
      const container = await asked(
        'the container of a step could not be made',
        engine.createContainer(containerOf(step, { ...terms, user }, owner, path)),
      );
      try {
        signal.throwIfAborted();
        return await runIn({ container, step, log: createOutputLog(onOutput), signal, graceMs });
      } finally {
        // Where the engine is lost, so is the worker's hold: the container ends by itself, and is swept.
        await removeContainer(engine, container.id).catch(() => undefined);
      }
    },
    sweep: async () => {
      const left = (await findContainers(engine, owner)).filter(({ folder }) => !existsSync(folder));
      await Promise.all(left.map(({ id }) => removeContainer(engine, id)));
      return left.length;
    },
  };
};

const removeEarlier = async (
  engine: Docker,
  owner: Owner,
  { id, attempt }: NonNullable<StepCommand['task']>,
): Promise<void> => {
  const found = await asked('containers of earlier attempts', findContainers(engine, owner, id));
  await Promise.all(found.filter((one) => one.attempt < attempt).map((one) => removeContainer(engine, one.id)));
};

interface Run {
  readonly container: Docker.Container;
  readonly step: StepCommand;
  readonly log: OutputLog;
  readonly signal: AbortSignal;
  readonly graceMs: number;
}

const runIn = async (run: Run): Promise<StepResult> => {
  const { container, step, log, signal } = run;
  const started = performance.now();
  // Before it starts, so that nothing of the output is missed; and it ends where this stream does.
  const stream = (await asked(
    'the container of a step could not be attached to',
    container.attach({ stream: true, stdin: true, stdout: true, stderr: true, hijack: true }),
  )) as Duplex;
  const closed = collect(container, stream, log);
  await asked('the container of a step could not be started', container.start());
  stream.write(handOver(step.secrets ?? []));
  // An answer that is waited for all the time would not tell that its connection was lost; the stream does.
  const ended = closed.then(() => asked('the container of a step was lost', exitCodeOf(container), END_MS));
  ended.catch(() => undefined);

  const stop = (): Promise<void> => stopContainer(run, stream, ended);
  try {
    const { end: code, timedOut } = await untilStopped(ended, { timeoutMs: step.timeoutMs, signal, stop });
    signal.throwIfAborted();
    if (!timedOut) await noteLackOfMemory(run);
    return {
      end: timedOut ? { kind: 'timeout' } : endOfExitCode(code, constants.signals),
      durationMs: Math.round(performance.now() - started),
      ...log.summary(),
    };
  } finally {
    stream.destroy();
  }
};

/** Both streams, which the first process has made one. */
const collect = (container: Docker.Container, stream: Duplex, log: OutputLog): Promise<unknown> => {
  const sink = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      log.write(chunk);
      done();
    },
  });
  stream.on('error', () => undefined);
  (container.modem as Docker['modem']).demuxStream(stream, sink, sink);
  return once(stream, 'close');
};

const exitCodeOf = async (container: Docker.Container): Promise<number> => {
  const { StatusCode } = (await container.wait()) as { StatusCode: number };
  return StatusCode;
};

/** SIGTERM to every process of the step, and SIGKILL to the container after the grace. */
const stopContainer = async ({ container, graceMs }: Run, stream: Duplex, ended: Promise<unknown>): Promise<void> => {
  stream.write(ASK_TO_END);
  await Promise.race([ended, delay(graceMs, undefined, { ref: false })]).catch(() => undefined);
  // It may have ended by itself: then there is nothing to kill.
  await container.kill({ signal: 'SIGKILL' }).catch(() => undefined);
};

const noteLackOfMemory = async ({ container, log }: Run): Promise<void> => {
  const { State } = await asked('the container of a step was lost', container.inspect());
  if (State.OOMKilled)
    log.write(Buffer.from('\n[the step had no memory left, and the kernel killed a process of it]\n'));
};
