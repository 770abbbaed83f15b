import { isAddress } from '../../../domain/rollout/readVersions.js';
import type { ObservedVersion, TargetCommand } from '../../../domain/rollout/types.js';
import { hasAll } from '../hasAll.js';
import { labelsOf } from '../names.js';
import type { Objects } from '../objects.js';
import type { PodSettings } from '../manifests.js';
import { observeVersion, type Pod } from '../versions.js';
import { isStopped, nameOf, predictorOf, serviceWith } from './manifest.js';
import { plan, type Plan } from './plan.js';
import { digestIn, foundOf, whyNotServed, type Look } from './readFound.js';
import { annotationsOf, standingOf, type Standing } from './standing.js';
import type { InferenceService, Revision } from './types.js';

/** What Slipway knows of KServe: three kinds, in one namespace. */
export interface KserveCluster {
  readonly services: Objects<InferenceService>;
  readonly revisions: Objects<Revision>;
  readonly pods: Objects<Pod>;
}

export interface Carried {
  readonly command: TargetCommand;
  readonly versions: readonly ObservedVersion[];
  readonly url?: string;
}

/** Each time somebody else has changed the object, KServe with its status too. */
const ATTEMPTS = 20;

/**
 * The next step to what the command of an InferenceService asks, and how far that is. May run twice, at once, and be cut off
 * anywhere: it looks at what there is, and its only write is conditional. With `anew` also what nobody seems to have changed
 * is written.
 */
export const carryOut = async (
  cluster: KserveCluster,
  settings: PodSettings,
  place: Pick<TargetCommand, 'model' | 'environment'>,
  anew = false,
): Promise<Carried | undefined> => {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const service = await cluster.services.get(nameOf(place));
    const standing = service === undefined ? undefined : standingOf(service);
    if (service === undefined || standing === undefined) return undefined;
    const { command } = standing;
    const look: Look = {
      service,
      revisions: await cluster.revisions.list(labelsOf(command.model, command.environment)),
    };
    const versions = await Promise.all(
      command.versions.map((version) =>
        observeVersion(cluster.pods, command, version, (pods) => whyNotServed(look, version, pods)),
      ),
    );
    const url = service.status?.url;
    const carried = { command, versions, ...(isAddress(url) ? { url } : {}) };
    const next = nextOf(command, look, versions);
    if (!anew && next !== undefined && isMoved(standing, service, next))
      return { ...carried, versions: versions.map((one) => ({ ...one, weight: weightNow(look, one) })) };
    const wanted = wantedOf(settings, standing, look, next);
    const isThere =
      !anew &&
      hasAll(wanted, service) &&
      isStopped(wanted) === isStopped(service) &&
      wanted.spec.predictor.canaryTrafficPercent === service.spec.predictor.canaryTrafficPercent;
    if (isThere || (await cluster.services.apply(wanted)) !== undefined) return carried;
  }
  return undefined;
};

const nextOf = (command: TargetCommand, look: Look, versions: readonly ObservedVersion[]): Plan | undefined =>
  command.versions.length === 0
    ? undefined
    : plan(
        command.versions,
        foundOf(look, (digest) => versions.some((one) => one.artifactDigest === digest && one.servedDigest === digest)),
      );

/** What the object says now. */
const saidBy = ({ spec: { predictor } }: InferenceService): Plan | undefined => {
  const newest = digestIn(predictor);
  const percent = predictor.canaryTrafficPercent;
  return newest === undefined ? undefined : { newest, ...(percent === undefined ? {} : { percent }) };
};

const same = (a: Plan | undefined, b: Plan | undefined): boolean =>
  a?.newest === b?.newest && a?.percent === b?.percent;

/** Somebody else moved shares after our last step, and no step of ours is due that would put them back on its way. */
const isMoved = ({ answering }: Standing, service: InferenceService, next: Plan): boolean =>
  answering !== undefined && !same(answering, saidBy(service)) && same(answering, next);

const weightNow = (look: Look, { artifactDigest }: ObservedVersion): number => {
  const said = saidBy(look.service);
  const { newest, percent = 100 } = said ?? {};
  const { rolledOut } = foundOf(look, () => true);
  return (newest === artifactDigest ? percent : 0) + (rolledOut === artifactDigest ? 100 - percent : 0);
};

/** Which predictor a step means: that of a version of the command, or, where it stays without traffic, the one that is there. */
const wantedOf = (
  settings: PodSettings,
  standing: Standing,
  { service }: Look,
  next: Plan | undefined,
): InferenceService => {
  const { command } = standing;
  const version = command.versions.find((one) => one.artifactDigest === next?.newest);
  const { canaryTrafficPercent: _, ...there } = service.spec.predictor;
  const predictor = version === undefined ? there : predictorOf(settings, command, version);
  return serviceWith(
    settings,
    command,
    annotationsOf({ ...standing, ...(next === undefined ? {} : { answering: next }) }),
    { ...predictor, ...(next?.percent === undefined ? {} : { canaryTrafficPercent: next.percent }) },
    { stopped: command.versions.length === 0, resourceVersion: service.metadata.resourceVersion },
  );
};
