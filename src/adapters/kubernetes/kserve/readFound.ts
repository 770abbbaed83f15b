import type { Digest } from '../../../domain/artifact/types.js';
import type { TargetVersion } from '../../../domain/rollout/types.js';
import { ANNOTATIONS } from '../names.js';
import { lastWords, type Pod } from '../versions.js';
import type { Found } from './plan.js';
import { conditionOf, type InferenceService, type Revision } from './types.js';

/** An InferenceService and what became of it: `observedGeneration` is no help, KServe copies it from the object that it makes. */
export interface Look {
  readonly service: InferenceService;
  readonly revisions: readonly Revision[];
}

export const digestIn = ({
  annotations = {},
}: {
  readonly annotations?: Readonly<Record<string, string>>;
}): Digest | undefined => annotations[ANNOTATIONS.artifact] as Digest | undefined;

const statusOf = ({ service }: Look) => service.status?.components?.predictor ?? {};

const digestOfRevision = ({ revisions }: Look, name: string | undefined): Digest | undefined => {
  const revision = revisions.find(({ metadata }) => metadata.name === name);
  return revision === undefined ? undefined : digestIn(revision.metadata);
};

/** The revision of the predictor as it stands; undefined: KServe has not come to it. */
const newestRevision = (look: Look): Revision | undefined => {
  const { latestCreatedRevision } = statusOf(look);
  const { annotations = {} } = look.service.spec.predictor;
  return look.revisions.find(
    ({ metadata }) =>
      metadata.name === latestCreatedRevision &&
      metadata.annotations?.[ANNOTATIONS.artifact] === annotations[ANNOTATIONS.artifact] &&
      metadata.annotations?.[ANNOTATIONS.template] === annotations[ANNOTATIONS.template],
  );
};

/** @param isServed whether the Pods of an artifact say that they serve it */
export const foundOf = (look: Look, isServed: (digest: Digest) => boolean): Found => {
  const { latestReadyRevision, latestRolledoutRevision, previousRolledoutRevision } = statusOf(look);
  const newest = digestIn(look.service.spec.predictor);
  const rolledOut = digestOfRevision(look, latestRolledoutRevision);
  const before = digestOfRevision(look, previousRolledoutRevision);
  const revision = newestRevision(look)?.metadata.name;
  return {
    ...(newest === undefined ? {} : { newest }),
    newestReady: newest !== undefined && revision !== undefined && revision === latestReadyRevision && isServed(newest),
    ...(rolledOut === undefined ? {} : { rolledOut }),
    ...(before === undefined ? {} : { before }),
  };
};

/** Percent that KServe says each artifact has. */
export const routedShares = (look: Look): ReadonlyMap<Digest, number> => {
  const shares = new Map<Digest, number>();
  for (const { revisionName, percent = 0 } of statusOf(look).traffic ?? []) {
    const digest = digestOfRevision(look, revisionName);
    if (digest !== undefined) shares.set(digest, (shares.get(digest) ?? 0) + percent);
  }
  return shares;
};

/** Why KServe does not serve a version with its share yet, in its own words where it has some. */
export const whyNotServed = (
  look: Look,
  { artifactDigest, weight }: TargetVersion,
  pods: readonly Pod[],
): string | undefined => {
  const isNewest = digestIn(look.service.spec.predictor) === artifactDigest;
  const mine = look.revisions.filter(({ metadata }) => digestIn(metadata) === artifactDigest);
  const revision = (isNewest ? newestRevision(look) : undefined) ?? (isNewest ? undefined : mine.at(-1));
  if (revision === undefined) return 'KServe has made no revision of it yet';
  const isReady = mine.some((one) => conditionOf(one, 'Ready')?.status === 'True' && (!isNewest || one === revision));
  if (!isReady)
    return `revision ${revision.metadata.name} is not ready${sayOf(conditionOf(revision, 'Ready')?.message)}${lastWords(pods)}`;
  const ingress = conditionOf(look.service, 'IngressReady');
  if (ingress?.status !== 'True') return `KServe leads nobody there yet${sayOf(ingress?.message)}`;
  const routed = routedShares(look).get(artifactDigest) ?? 0;
  if (routed !== weight) return `KServe says that it has ${routed} %, asked for were ${weight} %`;
  return pods.length === 0 && weight === 0 ? 'it has no Pod: KServe keeps none for what has no traffic' : undefined;
};

const sayOf = (message: string | undefined): string => (message === undefined ? '' : `: ${message}`);
