import { SlipwayError } from '../../domain/errors/slipwayError.js';
import { acceptCommand, compareFences, sayFence } from '../../domain/rollout/acceptCommand.js';
import { countersSince } from '../../domain/rollout/countersSince.js';
import { noTraffic } from '../../domain/rollout/noTraffic.js';
import type { TargetCommand, TargetState, TargetVersion, TrafficCounters } from '../../domain/rollout/types.js';
import type { DeployTarget } from '../../ports/deployTarget.js';
import type { ApiServerOptions } from './apiServer.js';
import { carryOut, countedBefore, type Carried, type Settings } from './carryOut.js';
import { openCluster, type Cluster } from './cluster.js';
import { assertStored, commandOf, type IsStored } from './givenCommand.js';
import { routeName, versionName } from './names.js';
import { routeOf, standingOf, type HttpRoute, type Standing } from './route.js';
import { readCounters } from './versions.js';

export interface KubernetesTargetOptions extends ApiServerOptions, Settings {
  readonly environment: string;
  /** Where callers reach the Gateway. */
  readonly inferenceUrl: string;
  readonly isStored: IsStored;
}

/** A look is some ten questions to an API server that others use, too. */
const LOOK_EVERY_MS = 1_000;
/** Each time somebody else was faster. */
const ATTEMPTS = 20;

/**
 * DeployTarget over a Kubernetes API server: a Deployment and a Service for each version, shares as weights of one HTTPRoute of
 * the Gateway API. The route holds the command that stands, and takes another only if nobody has changed it meanwhile.
 * `observe` carries on with what had to wait until a version was ready.
 */
export const createKubernetesTarget = (options: KubernetesTargetOptions): DeployTarget => {
  const { environment } = options;
  const cluster = openCluster(options);
  const stateOf = ({ command, versions }: Carried): TargetState => ({
    ...{ model: command.model, environment, fence: command.fence, versions },
    inferenceUrl: options.inferenceUrl.replace(/\/+$/, ''),
  });
  return {
    lookEveryMs: LOOK_EVERY_MS,
    apply: async (given) => {
      const command = commandOf(given);
      await take(cluster, options, command);
      const carried = await carryOut(cluster, options, command.model, environment, true);
      if (carried === undefined)
        throw new SlipwayError('target_unreachable', `others keep changing the route of ${command.model}`);
      if (compareFences(carried.command.fence, command.fence) !== 0)
        throw new SlipwayError('stale_command', `${sayFence(carried.command.fence)} came meanwhile`);
      return stateOf(carried);
    },
    observe: async (model) => {
      const carried = await carryOut(cluster, options, model, environment);
      return carried === undefined ? undefined : stateOf(carried);
    },
    measure: async (model) => {
      const standing = await readStanding(cluster, model, environment);
      if (standing === undefined) throw new SlipwayError('not_found', `nothing was ever deployed for ${model}`);
      const { command, acceptedAt } = standing;
      const counters = await Promise.all(command.versions.map((version) => measureVersion(cluster, command, version)));
      return { since: command.fence, acceptedAt, counters: counters.filter((one) => one !== undefined) };
    },
  };
};

const readStanding = async (cluster: Cluster, model: string, environment: string): Promise<Standing | undefined> => {
  const route = await cluster.routes.get(routeName(model, environment));
  return route === undefined ? undefined : standingOf(route);
};

/** Makes the command the one that stands, or says why not. Nothing else is touched before that. */
const take = async (cluster: Cluster, options: KubernetesTargetOptions, command: TargetCommand): Promise<void> => {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const route = await cluster.routes.get(routeName(command.model, command.environment));
    const standing = route === undefined ? undefined : standingOf(route);
    if (route !== undefined && standing === undefined)
      throw new SlipwayError('target_refused', `the HTTPRoute ${route.metadata.name} is not ours`);
    const acceptance = acceptCommand(standing?.command, command);
    if (acceptance.kind === 'refused') throw new SlipwayError(acceptance.code, acceptance.reason);
    if (acceptance.kind === 'repeated') return;
    await assertStored(options.isStored, command, standing?.command);
    const taken = await write(cluster, options, { ...standing, command, acceptedAt: Date.now() }, route);
    if (taken !== undefined) return;
  }
  throw new SlipwayError('target_unreachable', `others keep changing the route of ${command.model}`);
};

/** Who answers stays as it is; what the command asks for comes next. */
const write = (
  cluster: Cluster,
  options: KubernetesTargetOptions,
  standing: Standing,
  route: HttpRoute | undefined,
): Promise<HttpRoute | undefined> => {
  if (route !== undefined)
    return cluster.routes.apply(routeOf(options, standing, route.spec, route.metadata.resourceVersion));
  // Bound to no Gateway, and empty: a field that is created is ours for ever, one that is applied is ours until we leave it out.
  return cluster.routes.create(routeOf(options, standing, {}, undefined));
};

/** Undefined: not everything that it counted is known, and a part is no measurement. */
const measureVersion = async (
  cluster: Cluster,
  command: TargetCommand,
  version: TargetVersion,
): Promise<TrafficCounters | undefined> => {
  const deployment = await cluster.deployments.get(versionName(command.model, command.environment, version));
  if (deployment === undefined) return noTraffic(version.artifactDigest);
  const before = countedBefore(deployment, command.fence);
  if (before === undefined) return undefined;
  return countersSince(version.artifactDigest, before, await readCounters(cluster.pods, command, version));
};
