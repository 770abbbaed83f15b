import { SlipwayError } from '../../../domain/errors/slipwayError.js';
import { acceptCommand, compareFences, sayFence } from '../../../domain/rollout/acceptCommand.js';
import { countersSince } from '../../../domain/rollout/countersSince.js';
import type { TargetCommand, TargetState } from '../../../domain/rollout/types.js';
import type { DeployTarget } from '../../../ports/deployTarget.js';
import { createApiServer, type ApiServerOptions } from '../apiServer.js';
import { assertStored, commandOf, type IsStored } from '../givenCommand.js';
import type { PodSettings } from '../manifests.js';
import { createObjects } from '../objects.js';
import { readCounters } from '../versions.js';
import { carryOut, type Carried, type KserveCluster } from './carryOut.js';
import { assertExpressible } from './expressible.js';
import { isStopped, nameOf, predictorOf, serviceWith } from './manifest.js';
import { annotationsOf, standingOf, type Standing } from './standing.js';
import type { InferenceService } from './types.js';

export interface KserveTargetOptions extends ApiServerOptions, PodSettings {
  readonly environment: string;
  /** Where callers reach every model; absent: where KServe says for each. */
  readonly inferenceUrl?: string;
  readonly isStored: IsStored;
}

const LOOK_EVERY_MS = 1_000;
/** Each time somebody else was faster. */
const ATTEMPTS = 20;

/**
 * DeployTarget over KServe: one InferenceService for each model, the share of its newest revision as `canaryTrafficPercent`. The
 * object holds the command that stands, and takes another only if nobody has changed it meanwhile. `observe` carries on
 * with what had to wait until a revision was ready.
 */
export const createKserveTarget = (options: KserveTargetOptions): DeployTarget => {
  const { environment } = options;
  const cluster = openKserve(options);
  const stateOf = ({ command, versions, url }: Carried): TargetState => ({
    ...{ model: command.model, environment, fence: command.fence, versions },
    inferenceUrl: (options.inferenceUrl ?? url ?? addressWithin(options, command)).replace(/\/+$/, ''),
  });
  return {
    lookEveryMs: LOOK_EVERY_MS,
    apply: async (given) => {
      const command = commandOf(given);
      assertExpressible(command);
      await take(cluster, options, command);
      const carried = await carryOut(cluster, options, command, true);
      if (carried === undefined) throw contended(command);
      if (compareFences(carried.command.fence, command.fence) !== 0)
        throw new SlipwayError('stale_command', `${sayFence(carried.command.fence)} came meanwhile`);
      return stateOf(carried);
    },
    observe: async (model) => {
      const carried = await carryOut(cluster, options, { model, environment });
      return carried === undefined ? undefined : stateOf(carried);
    },
    measure: async (model) => {
      const service = await cluster.services.get(nameOf({ model, environment }));
      const standing = service === undefined ? undefined : standingOf(service);
      if (standing === undefined) throw new SlipwayError('not_found', `nothing was ever deployed for ${model}`);
      const { command, acceptedAt, counters } = standing;
      const since = await Promise.all(
        command.versions.map(async (version) =>
          countersSince(
            version.artifactDigest,
            counters[version.artifactDigest] ?? {},
            await readCounters(cluster.pods, command, version),
          ),
        ),
      );
      return { since: command.fence, acceptedAt, counters: since.filter((one) => one !== undefined) };
    },
  };
};

const openKserve = (options: KserveTargetOptions): KserveCluster => {
  const ask = createApiServer(options);
  const here = (group: string, kind: string): string => `${group}/namespaces/${options.namespace}/${kind}`;
  return {
    services: createObjects(ask, here('/apis/serving.kserve.io/v1beta1', 'inferenceservices')),
    revisions: createObjects(ask, here('/apis/serving.knative.dev/v1', 'revisions')),
    pods: createObjects(ask, here('/api/v1', 'pods')),
  };
};

/** Before KServe has said where it leads callers, it can be reached there from within the cluster. */
const addressWithin = ({ namespace }: KserveTargetOptions, command: TargetCommand): string =>
  `http://${nameOf(command)}.${namespace}.svc.cluster.local`;

const contended = ({ model }: TargetCommand): SlipwayError =>
  new SlipwayError('target_unreachable', `others keep changing the InferenceService of ${model}`);

/** Makes the command the one that stands, or says why not. What runs stays as it is; the next step comes after that. */
const take = async (cluster: KserveCluster, options: KserveTargetOptions, command: TargetCommand): Promise<void> => {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const service = await cluster.services.get(nameOf(command));
    const standing = service === undefined ? undefined : standingOf(service);
    if (service !== undefined && standing === undefined)
      throw new SlipwayError('target_refused', `the InferenceService ${service.metadata.name} is not ours`);
    const acceptance = acceptCommand(standing?.command, command);
    if (acceptance.kind === 'refused') throw new SlipwayError(acceptance.code, acceptance.reason);
    if (acceptance.kind === 'repeated') return;
    await assertStored(options.isStored, command, standing?.command);
    const next: Standing = {
      ...standing,
      ...{ command, acceptedAt: Date.now(), counters: await countedBy(cluster, command) },
    };
    const taken = await write(cluster, options, next, service);
    if (taken !== undefined) return;
  }
  throw contended(command);
};

/** With the command, in one write: what is counted from now on is its own. */
const countedBy = async ({ pods }: KserveCluster, command: TargetCommand): Promise<Standing['counters']> =>
  Object.fromEntries(
    await Promise.all(
      command.versions.map(
        async (version) => [version.artifactDigest, await readCounters(pods, command, version)] as const,
      ),
    ),
  );

const write = async (
  { services }: KserveCluster,
  options: KserveTargetOptions,
  standing: Standing,
  service: InferenceService | undefined,
): Promise<InferenceService | undefined> => {
  const { command } = standing;
  if (service !== undefined)
    // What was retired stays so until its predictor is another: the old one must not come back for a moment.
    return services.apply(
      serviceWith(options, command, annotationsOf(standing), service.spec.predictor, {
        stopped: isStopped(service),
        resourceVersion: service.metadata.resourceVersion,
      }),
    );
  const [first] = command.versions;
  if (first === undefined)
    throw new SlipwayError('target_cannot', `KServe has no service without a version; ${command.model} had none yet`);
  // What is created stays, whatever is left out later: only what every later step says, too.
  const { replicas: _, ...settings } = options;
  return services.create(
    serviceWith(options, command, annotationsOf(standing), predictorOf(settings, command, first), {
      stopped: false,
      resourceVersion: undefined,
    }),
  );
};
