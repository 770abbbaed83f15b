import type { Digest } from '../../src/domain/artifact/types.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import { acceptCommand } from '../../src/domain/rollout/acceptCommand.js';
import { noTraffic } from '../../src/domain/rollout/noTraffic.js';
import { readCommand } from '../../src/domain/rollout/readCommand.js';
import type { ObservedVersion, TargetCommand, TargetState, TrafficCounters } from '../../src/domain/rollout/types.js';
import type { DeployTarget } from '../../src/ports/deployTarget.js';

/** A DeployTarget in memory that keeps the port's contract, with doors for tests. */
export interface MemoryDeployTarget extends DeployTarget {
  /** Digests that can be deployed. */
  add(digest: Digest): void;
  /** New versions load until this is called again with false. */
  holdLoading(hold: boolean): void;
  /** Counts requests as that version's. */
  count(model: string, digest: Digest, counters: Partial<TrafficCounters>): void;
  /** What a version says of itself from now on. */
  serveInstead(digest: Digest, served: Digest): void;
  /** Every call fails with this error until it is called without one. */
  fail(error?: Error): void;
}

export const createMemoryDeployTarget = (inferenceUrl = 'http://target.invalid'): MemoryDeployTarget => {
  const standing = new Map<string, TargetCommand>();
  const acceptedAt = new Map<string, number>();
  const known = new Set<Digest>();
  const loaded = new Set<Digest>();
  const served = new Map<Digest, Digest>();
  const counted = new Map<string, Map<Digest, TrafficCounters>>();
  let hold = false;
  let failure: Error | undefined;
  const answering = (): void => {
    if (failure !== undefined) throw failure;
  };
  const stateOf = (command: TargetCommand): TargetState => ({
    model: command.model,
    environment: command.environment,
    fence: command.fence,
    versions: command.versions.map(({ artifactDigest, weight, role, copies }): ObservedVersion => {
      const wanted = { artifactDigest, weight, role, ...(copies === undefined ? {} : { copies }), restarts: 0 };
      if (!loaded.has(artifactDigest)) return { ...wanted, ready: false, reason: 'loading' };
      const servedDigest = served.get(artifactDigest) ?? artifactDigest;
      return { ...wanted, ready: servedDigest === artifactDigest, servedDigest };
    }),
    inferenceUrl,
  });
  const settle = (): void => {
    if (hold) return;
    for (const command of standing.values()) for (const version of command.versions) loaded.add(version.artifactDigest);
  };
  return {
    add: (digest) => known.add(digest),
    holdLoading: (now) => {
      hold = now;
      settle();
    },
    count: (model, digest, counters) => {
      const ofModel = counted.get(model) ?? new Map<Digest, TrafficCounters>();
      counted.set(model, ofModel.set(digest, { ...(ofModel.get(digest) ?? noTraffic(digest)), ...counters }));
    },
    serveInstead: (digest, other) => served.set(digest, other),
    fail: (error) => {
      failure = error;
    },
    apply: async (given) => {
      answering();
      const read = readCommand(given);
      if (read.kind === 'invalid') throw new SlipwayError(read.code, read.reason);
      const { command } = read;
      const acceptance = acceptCommand(standing.get(command.model), command);
      if (acceptance.kind === 'refused') throw new SlipwayError(acceptance.code, acceptance.reason);
      if (acceptance.kind === 'accepted') {
        const unknown = command.versions.find((version) => !known.has(version.artifactDigest));
        if (unknown !== undefined) throw new SlipwayError('artifact_unknown', `no artifact ${unknown.artifactDigest}`);
        const state = stateOf(command);
        standing.set(command.model, command);
        acceptedAt.set(command.model, Date.now());
        counted.set(command.model, new Map());
        settle();
        return state;
      }
      return stateOf(command);
    },
    observe: async (model) => {
      answering();
      const command = standing.get(model);
      return command === undefined ? undefined : stateOf(command);
    },
    measure: async (model) => {
      answering();
      const command = standing.get(model);
      if (command === undefined) throw new SlipwayError('not_found', `nothing was ever deployed for ${model}`);
      return {
        since: command.fence,
        acceptedAt: acceptedAt.get(model)!,
        counters: command.versions.map(
          ({ artifactDigest }) => counted.get(model)?.get(artifactDigest) ?? noTraffic(artifactDigest),
        ),
      };
    },
  };
};
