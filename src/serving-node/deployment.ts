import type { Logger } from 'pino';
import type { Digest } from '../domain/artifact/types.js';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import { acceptCommand } from '../domain/rollout/acceptCommand.js';
import type { Fence, TargetCommand, TargetState, TargetVersion } from '../domain/rollout/types.js';
import type { ProcessNeed, ProcessRoom, ProcessShare } from '../domain/routing/shareProcesses.js';
import type { TrafficMeasurement } from '../ports/deployTarget.js';
import type { ArtifactCache } from './artifacts/artifactCache.js';
import { measureVersion, observeVersion } from './observe.js';
import { Running } from './running.js';
import type { DesiredState } from './state/desiredState.js';
import { createScaler, type Scaler, type ScalerParts } from './scaler.js';
import type { SettledEpoch } from './state/settledEpochs.js';
import type { Sleeper, Sleepers } from './state/sleepers.js';
import type { ModelProcess, ModelProcessOptions } from './supervise/modelProcess.js';

/** One model on this node: the command that stands, and the versions that it made. */
export interface Deployment {
  readonly model: string;
  apply(command: TargetCommand): Promise<TargetState>;
  /** Starts what a command from the disk says, without asking whether it may. */
  restore(command: TargetCommand, sleeper?: Sleeper): void;
  observe(): Promise<TargetState | undefined>;
  measure(): Promise<TrafficMeasurement | undefined>;
  /** Everything that may answer, retiring versions too. */
  versions(): readonly Running[];
  /** Resolves at the next change of readiness. */
  changed(): Promise<void>;
  /** A version that sleeps gets a process; nothing where it does not sleep. */
  wake(running: Running): void;
  /** How long a request waits for it, where it slept. */
  coldStartMs(running: Running): number;
  /** What its versions want of the node's processes, by what they had to do since the look before. */
  needs(): readonly Needed[];
  /** A request has ended there: a retiring version may be the last one's. */
  released(running: Running): void;
  stop(): Promise<void>;
}

/** What one version wants, and who carries out what it gets. */
interface Needed {
  readonly need: ProcessNeed;
  give(share: ProcessShare): void;
}

export interface DeploymentParts {
  readonly state: DesiredState;
  readonly cache: Pick<ArtifactCache, 'exists'>;
  /** A version was taken away, and its process has ended. */
  readonly onEnded: () => void;
  readonly log: Logger;
  readonly settledEpoch: SettledEpoch;
  readonly sleepers: Pick<Sleepers, 'asleep' | 'awake'>;
  /** What the spec of an artifact says of its replicas here. */
  readonly serving: ScalerParts['serving'];
  /** Most processes of one version. */
  readonly replicas: number;
  /** What the node has for the processes of all its models. */
  readonly room: Omit<ProcessRoom, 'taken'>;
  readonly inferenceUrl: () => string;
  /** Where the node speaks gRPC; undefined where it does not. */
  readonly grpcAddress: () => string | undefined;
  readonly supervise: (
    model: string,
    digest: Digest,
    events: Pick<ModelProcessOptions, 'onChange' | 'onGone'>,
  ) => ModelProcess;
}

export const createDeployment = (model: string, parts: DeploymentParts): Deployment => {
  let standing: TargetCommand | undefined;
  let acceptedAt: number | undefined;
  let settled: number | undefined;
  const running = new Map<Digest, Running>();
  const ending = new Set<Promise<void>>();
  const scalers = new WeakMap<Running, Scaler>();
  let turn: Promise<unknown> = Promise.resolve();
  let waiters: (() => void)[] = [];

  const changed = (): void => {
    const woken = waiters;
    waiters = [];
    retire();
    for (const wake of woken) wake();
  };
  const bringUp = (target: TargetVersion, asleep: string | undefined): Running => {
    const { artifactDigest } = target;
    const one: Running = new Running(
      target,
      {
        changed,
        supervise: (events) => parts.supervise(model, artifactDigest, events),
        ejected: (inARow) =>
          parts.log.warn(
            { model, version: artifactDigest, inARow },
            'a version that does not answer is asked no more for now',
          ),
        coldStartMs: () => scalerOf(one).coldStartMs(),
      },
      asleep,
    );
    const scaler = createScaler(one, {
      ...{ model, log: parts.log, most: parts.replicas, serving: parts.serving },
      fellAsleep: (reason) => parts.sleepers.asleep({ model, fence: standing!.fence, reason }),
      woke: () => parts.sleepers.awake(model),
    });
    scalers.set(one, scaler);
    return one;
  };
  const scalerOf = (one: Running): Scaler => scalers.get(one)!;
  /** @param asleep why the version of this command had no process when the node ended */
  const start = (command: TargetCommand, asleep?: string): void => {
    standing = command;
    for (const target of command.versions) {
      const known = running.get(target.artifactDigest);
      if (known === undefined) {
        running.set(target.artifactDigest, bringUp(target, asleep));
      } else {
        known.target = target;
        known.retiring = false;
        // Whoever deploys it is told by its own server what it serves.
        scalerOf(known).wake('a command names it');
      }
    }
    const wanted = new Set(command.versions.map((version) => version.artifactDigest));
    for (const one of running.values()) {
      one.countAnew();
      if (!wanted.has(one.digest)) one.retiring = true;
    }
    retire();
  };
  /** A removed version goes once another one answers, and its own requests have been answered; nobody misses a shadow. */
  const retire = (): void => {
    const all = [...running.values()];
    const replaced = standing?.versions.length === 0 || all.some((one) => !one.retiring && one.weight > 0 && one.ready);
    for (const one of all) {
      const missed = one.role !== 'shadow' && one.wasReady;
      if (!one.retiring || one.inFlight > 0 || (missed && !replaced)) continue;
      running.delete(one.digest);
      const ended: Promise<void> = one.stop().finally(() => {
        ending.delete(ended);
        parts.onEnded();
      });
      ending.add(ended);
    }
  };
  const countAnew = async (): Promise<void> => {
    const { fence } = standing!;
    await Promise.allSettled([...running.values()].filter((one) => !one.retiring).map((one) => one.countFrom(fence)));
  };
  const askSettled = async (): Promise<void> => {
    settled = await parts.settledEpoch(model, standing?.fence.epoch ?? 0);
  };
  const apply = async (command: TargetCommand): Promise<TargetState> => {
    await askSettled();
    const acceptance = acceptCommand(standing, command, settled);
    if (acceptance.kind === 'refused') {
      const { code, reason } = acceptance;
      parts.log.warn({ model, fence: command.fence, standing: standing?.fence, code }, 'command is refused');
      throw new SlipwayError(code, reason, { fence: standing?.fence });
    }
    if (acceptance.kind === 'accepted') {
      for (const { artifactDigest } of command.versions) {
        if (!running.has(artifactDigest) && !(await parts.cache.exists(artifactDigest)))
          throw new SlipwayError('artifact_unknown', `the store has no artifact ${artifactDigest}`);
      }
      await parts.state.write(command);
      start(command);
      acceptedAt = Date.now();
      parts.log.info({ model, fence: command.fence, versions: command.versions }, 'command is carried out');
      await countAnew();
    }
    return (await observe())!;
  };
  const observe = async (): Promise<TargetState | undefined> => {
    if (standing === undefined) return undefined;
    const { environment, fence, versions } = standing;
    const grpcAddress = parts.grpcAddress();
    const observed = await Promise.all(
      versions.map((version) => observeVersion(running.get(version.artifactDigest), version)),
    );
    return {
      ...{ model, environment, fence, versions: observed },
      ...(settled !== undefined && settled > fence.epoch ? { forgotten: settled } : {}),
      inferenceUrl: parts.inferenceUrl(),
      ...(grpcAddress === undefined ? {} : { grpcAddress }),
    };
  };
  return {
    model,
    apply: (command) => {
      const mine = turn.then(() => apply(command));
      turn = mine.catch(() => undefined);
      return mine;
    },
    restore: (command, sleeper) => {
      const sleeps = command.versions.length === 1 && sleeper !== undefined && isSame(sleeper.fence, command.fence);
      start(command, sleeps ? sleeper.reason : undefined);
      void askSettled();
      // What the servers of the life before had counted is gone; an analysis under way waits for what comes now.
      void countAnew();
    },
    observe,
    measure: async () => {
      if (standing === undefined) return undefined;
      const { fence, versions } = standing;
      const counters = await Promise.all(
        versions.map((version) => measureVersion(running.get(version.artifactDigest), version.artifactDigest, fence)),
      );
      return { since: fence, ...(acceptedAt === undefined ? {} : { acceptedAt }), counters };
    },
    versions: () => [...running.values()],
    changed: () => new Promise((resolve) => waiters.push(resolve)),
    wake: (one) => scalerOf(one).wake('a request came'),
    coldStartMs: (one) => scalerOf(one).coldStartMs(),
    needs: () => {
      // Where versions are compared, each is as it always is; one that goes answers what it has, and ends.
      const held = running.size !== 1 || standing?.versions.length !== 1;
      const staying = [...running.values()].filter((one) => !one.retiring).map(scalerOf);
      return staying.map(({ need, give }) => ({ need: need(held), give }));
    },
    released: (one) => {
      if (one.retiring && one.inFlight === 0) retire();
    },
    stop: async () => {
      await Promise.all([...[...running.values()].map((one) => one.stop()), ...ending]);
    },
  };
};

const isSame = (a: Fence, b: Fence): boolean => a.epoch === b.epoch && a.seq === b.seq;
