import { readyShares } from '../../domain/rollout/readyShares.js';
import type { Fence, ObservedVersion, TargetCommand, TargetVersion } from '../../domain/rollout/types.js';
import { autoscalerOf } from './autoscaler.js';
import type { Cluster } from './cluster.js';
import { hasAll } from './hasAll.js';
import { deploymentOf, serviceOf, type Deployment, type PodSettings, type Service } from './manifests.js';
import { ANNOTATIONS, labelsOf, routeName, versionName } from './names.js';
import type { KubernetesObject } from './objects.js';
import {
  answeringNow,
  movedByOthers,
  routeOf,
  sameShares,
  servicesOf,
  specOf,
  standingOf,
  type HttpRoute,
  type RouteSettings,
} from './route.js';
import { observeVersion, readCounters, whyNotRolledOut } from './versions.js';

export type Settings = PodSettings & RouteSettings;

/** Counters of its Pods when a command came, kept at the Deployment under a field manager of their own. */
const COUNTERS_MANAGER = 'slipway-counters';
/** Each time somebody else has changed the route: as many writers at once are no accident. */
const ATTEMPTS = 20;

export interface Carried {
  readonly command: TargetCommand;
  readonly versions: readonly ObservedVersion[];
}

/**
 * Brings a model as far as the command of its route asks and as its versions are ready, and says how far that is. May run
 * twice, at once, and be cut off anywhere: it looks at what there is, and every write that could undo a newer command is
 * conditional. Undefined: nothing was ever deployed. With `anew` objects are written that nobody seems to have changed.
 */
export const carryOut = async (
  cluster: Cluster,
  settings: Settings,
  model: string,
  environment: string,
  anew = false,
): Promise<Carried | undefined> => {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const route = await cluster.routes.get(routeName(model, environment));
    const standing = route === undefined ? undefined : standingOf(route);
    if (route === undefined || standing === undefined) return undefined;
    const { command } = standing;
    const owned = await listOwned(cluster, model, environment);
    const deployments = await bringUp(cluster, settings, command, owned, anew);
    const versions = await Promise.all(
      command.versions.map((version) =>
        observeVersion(cluster.pods, command, version, (pods) =>
          whyNotRolledOut(deployments.get(nameOf(command, version)), pods),
        ),
      ),
    );
    const ready = new Set(versions.flatMap((one) => (one.ready ? [one.artifactDigest] : [])));
    const before = standing.answering ?? answeringNow(route.spec);
    const spec = specOf(settings, command, readyShares(command.versions, ready), before);
    const answering = answeringNow(spec);
    const moved = anew ? undefined : movedByOthers(standing, route.spec);
    // A finding for whoever asks what runs. Put back here it would be gone before anybody was told; the next command does that.
    if (moved !== undefined && sameShares(standing.answering ?? [], answering))
      return { command, versions: versions.map((one) => withShare(one, moved.get(nameOf(command, one)) ?? 0)) };
    const written =
      !anew && hasAll(spec, route.spec) && isBound(route.spec) === isBound(spec) && standing.answering !== undefined
        ? route
        : await cluster.routes.apply(
            routeOf(settings, { ...standing, answering }, spec, route.metadata.resourceVersion),
          );
    // A newer command, or somebody else: look again at what is wanted now.
    if (written === undefined) continue;
    await noteCounters(cluster, command, deployments);
    await collectGarbage(cluster, command, written, owned);
    return { command, versions };
  }
  return undefined;
};

interface Owned {
  readonly deployments: readonly Deployment[];
  readonly services: readonly Service[];
}

const listOwned = async (cluster: Cluster, model: string, environment: string): Promise<Owned> => {
  const labels = labelsOf(model, environment);
  const [deployments, services] = await Promise.all([cluster.deployments.list(labels), cluster.services.list(labels)]);
  return { deployments, services };
};

/** A Deployment and a Service for each version; what bears the mark of the command already is left alone. */
const bringUp = async (
  cluster: Cluster,
  settings: Settings,
  command: TargetCommand,
  owned: Owned,
  anew: boolean,
): Promise<ReadonlyMap<string, Deployment>> => {
  const found = new Map<string, Deployment>();
  for (const version of command.versions) {
    const name = nameOf(command, version);
    const isThere = ({ metadata }: KubernetesObject): boolean =>
      metadata.name === name && metadata.annotations?.[ANNOTATIONS.fence] === sayMark(command.fence);
    if (anew || !owned.services.some(isThere)) await cluster.services.apply(serviceOf(settings, command, version));
    const there = anew ? undefined : owned.deployments.find(isThere);
    const deployment = there ?? (await cluster.deployments.apply(deploymentOf(settings, command, version)));
    if (deployment === undefined) continue;
    found.set(name, deployment);
    if (there === undefined && settings.autoscale !== undefined)
      await cluster.autoscalers.apply(autoscalerOf(settings.autoscale, command, version, deployment));
  }
  return found;
};

const withShare = (version: ObservedVersion, weight: number): ObservedVersion => ({
  ...version,
  weight: version.role === 'shadow' ? 0 : Math.round(weight * 10) / 10,
});

const nameOf = (command: TargetCommand, version: Pick<TargetVersion, 'artifactDigest' | 'role'>): string =>
  versionName(command.model, command.environment, version);

const sayMark = ({ epoch, seq }: Fence): string => `${epoch}.${seq}`;

/** What must be gone does not show in what is wanted. */
const isBound = ({ parentRefs = [] }: HttpRoute['spec']): boolean => parentRefs.length > 0;

/** Once for each command: what is counted from now on is its own. */
const noteCounters = async (
  cluster: Cluster,
  command: TargetCommand,
  deployments: ReadonlyMap<string, Deployment>,
): Promise<void> => {
  for (const version of command.versions)
    await noteCountersOf(cluster, command, version, deployments.get(nameOf(command, version)));
};

/**
 * Conditional: a writer that is late finds the mark of a newer command. Where only a controller was faster, which writes into
 * the status of the same object, it looks and tries again.
 */
const noteCountersOf = async (
  cluster: Cluster,
  command: TargetCommand,
  version: TargetVersion,
  given: Deployment | undefined,
): Promise<void> => {
  const mark = sayMark(command.fence);
  let deployment = given;
  for (let attempt = 0; attempt < ATTEMPTS && deployment !== undefined; attempt += 1) {
    const isNewer = deployment.metadata.annotations?.[ANNOTATIONS.fence] !== mark;
    if (isNewer || readNoted(deployment)?.mark === mark) return;
    const noted: Noted = { mark, replicas: await readCounters(cluster.pods, command, version) };
    const { name, namespace, resourceVersion } = deployment.metadata;
    const metadata = {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      annotations: { [ANNOTATIONS.counters]: JSON.stringify(noted) },
    };
    const written = await cluster.deployments.apply(
      { apiVersion: 'apps/v1', kind: 'Deployment', metadata },
      COUNTERS_MANAGER,
    );
    if (written !== undefined) return;
    deployment = await cluster.deployments.get(name);
  }
};

interface Noted {
  readonly mark: string;
  readonly replicas: Awaited<ReturnType<typeof readCounters>>;
}

const readNoted = ({ metadata }: Deployment): Noted | undefined => {
  const text = metadata.annotations?.[ANNOTATIONS.counters];
  return text === undefined ? undefined : (JSON.parse(text) as Noted);
};

/** What its Pods had counted when the command came that the mark names; undefined where nobody has noted it. */
export const countedBefore = (deployment: Deployment, fence: Fence): Noted['replicas'] | undefined => {
  const noted = readNoted(deployment);
  return noted?.mark === sayMark(fence) ? noted.replicas : undefined;
};

/** Ours that the command does not name and that nobody is sent to any more. What a newer command has marked since stays. */
const collectGarbage = async (
  cluster: Cluster,
  command: TargetCommand,
  route: HttpRoute,
  { deployments, services }: Owned,
): Promise<void> => {
  const wanted = new Set([...command.versions.map((version) => nameOf(command, version)), ...servicesOf(route.spec)]);
  const unwanted = <T extends KubernetesObject>(objects: readonly T[]) =>
    objects.filter(({ metadata }) => !wanted.has(metadata.name) && metadata.deletionTimestamp === undefined);
  for (const deployment of unwanted(deployments)) await removeAsMarked(cluster, deployment);
  for (const service of unwanted(services)) await cluster.services.remove(service);
};

/** Where only a controller was faster, with its status, it is still the one that nobody names. */
const removeAsMarked = async ({ deployments }: Cluster, read: Deployment): Promise<void> => {
  const markOf = ({ metadata }: Deployment): string | undefined => metadata.annotations?.[ANNOTATIONS.fence];
  let found: Deployment | undefined = read;
  for (let attempt = 0; attempt < ATTEMPTS && found !== undefined && markOf(found) === markOf(read); attempt += 1)
    found = (await deployments.remove(found)) ? undefined : await deployments.get(read.metadata.name);
};
