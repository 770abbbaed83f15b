import type { Logger } from 'pino';
import type { Digest } from '../domain/artifact/types.js';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import { acceptCommand } from '../domain/rollout/acceptCommand.js';
import { LATENCY_BUCKETS_MS } from '../domain/rollout/latencyBuckets.js';
import type { ObservedVersion, TargetCommand, TargetState, TrafficCounters } from '../domain/rollout/types.js';
import type { TrafficMeasurement } from '../ports/deployTarget.js';
import type { ArtifactCache } from './artifacts/artifactCache.js';
import { Running } from './running.js';
import type { DesiredState } from './state/desiredState.js';
import { exchangeJson } from '../transport/exchange.js';
import type { ModelProcess, ModelProcessOptions } from './supervise/modelProcess.js';

/** One model on this node: the command that stands, and the versions that it made. */
export interface Deployment {
  apply(command: TargetCommand): Promise<TargetState>;
  /** Starts what a command from the disk says, without asking whether it may. */
  restore(command: TargetCommand): void;
  observe(): Promise<TargetState | undefined>;
  measure(): Promise<TrafficMeasurement | undefined>;
  /** Everything that may answer, retiring versions too. */
  versions(): readonly Running[];
  /** Resolves at the next change of readiness. */
  changed(): Promise<void>;
  /** A request has ended there: a retiring version may be the last one's. */
  released(running: Running): void;
  stop(): Promise<void>;
}

export interface DeploymentParts {
  readonly state: DesiredState;
  readonly cache: ArtifactCache;
  readonly log: Logger;
  readonly inferenceUrl: () => string;
  readonly supervise: (
    model: string,
    digest: Digest,
    events: Pick<ModelProcessOptions, 'onChange' | 'onGone'>,
  ) => ModelProcess;
}

const COUNTERS_MS = 2_000;

export const createDeployment = (model: string, parts: DeploymentParts): Deployment => {
  let standing: TargetCommand | undefined;
  let acceptedAt: number | undefined;
  const running = new Map<Digest, Running>();
  const ending = new Set<Promise<void>>();
  let turn: Promise<unknown> = Promise.resolve();
  let waiters: (() => void)[] = [];

  const changed = (): void => {
    const woken = waiters;
    waiters = [];
    retire();
    for (const wake of woken) wake();
  };
  const start = (command: TargetCommand): void => {
    standing = command;
    for (const target of command.versions) {
      const known = running.get(target.artifactDigest);
      if (known === undefined) {
        running.set(
          target.artifactDigest,
          new Running(
            target,
            parts.supervise(model, target.artifactDigest, {
              onChange: changed,
              onGone: () => running.get(target.artifactDigest)?.disconnect(),
            }),
          ),
        );
      } else {
        known.target = target;
        known.retiring = false;
      }
    }
    const wanted = new Set(command.versions.map((version) => version.artifactDigest));
    for (const one of running.values()) {
      one.lost = 0;
      if (!wanted.has(one.digest)) one.retiring = true;
    }
    retire();
  };
  /** A removed version goes once another one answers, and its own requests have been answered. */
  const retire = (): void => {
    const all = [...running.values()];
    const replaced = standing?.versions.length === 0 || all.some((one) => !one.retiring && one.weight > 0 && one.ready);
    for (const one of all) {
      if (!one.retiring || one.inFlight > 0 || !(replaced || !one.process.status().wasReady)) continue;
      running.delete(one.digest);
      const ended: Promise<void> = one.process.stop().finally(() => {
        one.disconnect();
        ending.delete(ended);
      });
      ending.add(ended);
    }
  };
  const countAnew = async (): Promise<void> => {
    const { fence } = standing!;
    await Promise.allSettled(
      [...running.values()].filter((one) => !one.retiring).map((one) => one.process.countFrom(fence)),
    );
  };
  const apply = async (command: TargetCommand): Promise<TargetState> => {
    const acceptance = acceptCommand(standing, command);
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
    const observed = await Promise.all(
      versions.map((version) => observeVersion(running.get(version.artifactDigest), version)),
    );
    return { model, environment, fence, versions: observed, inferenceUrl: parts.inferenceUrl() };
  };
  return {
    apply: (command) => {
      const mine = turn.then(() => apply(command));
      turn = mine.catch(() => undefined);
      return mine;
    },
    restore: (command) => {
      start(command);
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
    released: (one) => {
      if (one.retiring && one.inFlight === 0) retire();
    },
    stop: async () => {
      await Promise.all([...[...running.values()].map((one) => one.process.stop()), ...ending]);
    },
  };
};

const observeVersion = async (
  one: Running | undefined,
  version: TargetCommand['versions'][number],
): Promise<ObservedVersion> => {
  const { artifactDigest, weight, role } = version;
  const servedDigest = await one?.process.servedDigest();
  const status = one?.process.status();
  return {
    artifactDigest,
    weight,
    role,
    ready: status?.ready === true && servedDigest === artifactDigest,
    ...(servedDigest === undefined ? {} : { servedDigest }),
    restarts: status?.restarts ?? 0,
    ...(status?.reason === undefined ? {} : { reason: status.reason }),
  };
};

/** The server's own counters, and the requests that it took and never answered. */
const measureVersion = async (
  one: Running | undefined,
  artifactDigest: Digest,
  fence: TargetCommand['fence'],
): Promise<TrafficCounters> => {
  const own = await readCounters(one, fence);
  const lost = one?.lost ?? 0;
  const counters = own ?? empty(artifactDigest);
  return { ...counters, requests: counters.requests + lost, failures: counters.failures + lost };
};

const readCounters = async (
  one: Running | undefined,
  fence: TargetCommand['fence'],
): Promise<TrafficCounters | undefined> => {
  const socket = one?.process.status().socket;
  if (socket === undefined) return undefined;
  try {
    const { status, body } = await exchangeJson(
      { socketPath: socket },
      { path: '/slipway/traffic', timeoutMs: COUNTERS_MS },
    );
    const { since, counters } = body as { since: TargetCommand['fence'] | null; counters: TrafficCounters };
    return status === 200 && since?.epoch === fence.epoch && since.seq === fence.seq ? counters : undefined;
  } catch {
    return undefined;
  }
};

const empty = (artifactDigest: Digest): TrafficCounters => ({
  artifactDigest,
  requests: 0,
  failures: 0,
  rows: 0,
  latency: new Array<number>(LATENCY_BUCKETS_MS.length + 1).fill(0),
  predictions: new Array<number>(20).fill(0),
  features: {},
});
