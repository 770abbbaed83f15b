import type { Digest, Version } from '../domain/artifact/types.js';
import type { DeploymentEntry, EnvironmentState } from '../domain/environment/types.js';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import type { Place } from '../domain/hold/types.js';
import { rolloutOnRecord, type LookOnRecord } from '../domain/rollout/rolloutOnRecord.js';
import { sayStanding } from '../domain/rollout/sayStanding.js';
import type { RolloutView, StepAnalysis } from '../domain/rollout/types.js';
import type { RolloutSpec } from '../domain/spec/types.js';
import { commitOf, environmentId, rolloutId, rolloutStateQuery } from '../../workflows/messages.js';
import { canaryOf } from './canary.js';
import { readEnvironment } from './environmentStatus.js';
import { eachOf, orAbsent } from './known.js';
import type { ServerPorts } from './ports.js';
import { readChain } from './readChain.js';
import { storedJson } from './storedJson.js';

const WIDTH = 8;

type Active = NonNullable<EnvironmentState['active']>;

/** The rollout under way, the last one, or that of an epoch: from the ledger, and what it is at from its workflow. */
export const rolloutShown = async (ports: ServerPorts, place: Place, epoch?: number) => {
  const state = await readEnvironment(ports, place.model, place.environment);
  const active = epoch === undefined || state?.active?.epoch === epoch ? state?.active : undefined;
  return active === undefined || state === undefined
    ? ended(ports, place, await endedPassage(ports, place, state, epoch))
    : underWay(ports, place, state, active);
};

/** Steps of a plan; none where all traffic moves at once. */
export const stepsOf = (plan: RolloutSpec) => ('steps' in plan ? plan.steps : []);

const underWay = async (ports: ServerPorts, place: Place, state: EnvironmentState, active: Active) => {
  const { epoch, request, startedAt } = active;
  const [view, canary, record] = await Promise.all([
    orAbsent(
      ports.workflows.query<RolloutView>(rolloutId(place.model, place.environment, epoch), rolloutStateQuery.name),
    ),
    canaryOf(ports, state),
    onRecord(ports, place, epoch, request.version.artifactDigest),
  ]);
  const steps = stepsOf(request.rollout);
  const { shifts, looks, said } = record;
  const shiftedAt = shifts.at(-1)?.at;
  const promoted = said.some(({ kind, step }) => kind === 'promote' && step === view?.step);
  const waitsFor =
    view === undefined
      ? 'its workflow to answer'
      : sayStanding({
          ...{ view, steps, promoted },
          ...(shiftedAt === undefined ? {} : { shiftedAt }),
          ...(canary?.requests === undefined ? {} : { requests: canary.requests }),
        });
  return {
    ...place,
    epoch,
    ...{ kind: request.kind, by: request.by, reason: request.reason, startedAt },
    status: view?.status ?? 'unknown',
    candidate: request.version,
    ...(state.champion === undefined ? {} : { champion: state.champion }),
    ...(view === undefined || steps.length === 0 || view.weight === 0 ? {} : { step: view.step + 1 }),
    weight: shifts.at(-1)?.weight ?? 0,
    ...(waitsFor === undefined ? {} : { waitsFor }),
    ...{ steps, shifts, looks, said },
  };
};

const ended = async (ports: ServerPorts, place: Place, entry: DeploymentEntry) => {
  const { epoch, kind, by, reason, version, outcome, startedAt, endedAt } = entry;
  const { champion, shifts, looks, said } = await onRecord(ports, place, epoch, version.artifactDigest);
  return {
    ...place,
    epoch,
    ...{ kind, by, reason, status: outcome, startedAt, endedAt },
    candidate: version,
    ...(champion === undefined ? {} : { champion: versionOf(champion) }),
    // An immediate one moves its traffic without a shift of its own.
    weight: outcome === 'deployed' ? 100 : (shifts.at(-1)?.weight ?? 0),
    steps: [],
    ...{ shifts, looks, said },
  };
};

const versionOf = ({ artifactDigest, releaseId }: Omit<Version, 'commit'>): Version => ({
  artifactDigest,
  releaseId,
  commit: commitOf(releaseId),
});

/** The arbiter remembers the last ones, the ledger all of them. */
const endedPassage = async (
  ports: ServerPorts,
  { model, environment }: Place,
  state: EnvironmentState | undefined,
  epoch: number | undefined,
): Promise<DeploymentEntry> => {
  const isMeant = (entry: DeploymentEntry): boolean => epoch === undefined || entry.epoch === epoch;
  const remembered = state?.history.find(isMeant);
  if (remembered !== undefined) return remembered;
  const entries = await readChain(ports, environmentId(model, environment));
  const found = entries
    .filter(({ kind }) => kind.startsWith('deployment.'))
    .map(({ body }) => body as unknown as DeploymentEntry)
    .findLast(isMeant);
  if (found !== undefined) return found;
  const which = epoch === undefined ? 'no rollout' : `no rollout of epoch ${epoch}`;
  throw new SlipwayError('not_found', `there was ${which} of ${model} in ${environment}`);
};

const onRecord = async (ports: ServerPorts, { model, environment }: Place, epoch: number, candidate: Digest) => {
  const record = rolloutOnRecord(await readChain(ports, rolloutId(model, environment, epoch)), candidate);
  return { ...record, looks: await eachOf(record.looks, WIDTH, (look) => measured(ports, look)) };
};

/** With every value and its limit, where the store still has them. */
const measured = async (ports: ServerPorts, look: LookOnRecord) => {
  const kept = await storedJson<{ readonly analysis?: StepAnalysis }>(ports, look.evidence);
  const { requests, measurements } = kept?.analysis ?? {};
  return {
    ...look,
    ...(requests === undefined ? {} : { requests }),
    ...(measurements === undefined ? {} : { measurements }),
  };
};
