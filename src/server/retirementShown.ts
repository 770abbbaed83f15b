import { driftSchedule, targetSchedule } from '../contract/schedules.js';
import { digestOf } from '../contract/canonicalDigest.js';
import { planRetirement, retirementAct, type RetirementPlan } from '../domain/environment/planRetirement.js';
import type { EnvironmentState } from '../domain/environment/types.js';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import type { Place } from '../domain/hold/types.js';
import { GLASS_INCIDENT } from '../domain/urgency/breakGlass.js';
import { readEnvironment } from './environmentStatus.js';
import { knownEnvironment, knownModel } from './known.js';
import type { ServerPorts } from './ports.js';
import { openIncidents } from './rollbackShown.js';

export interface Planned extends RetirementPlan {
  /** Digest of the act. */
  readonly named: ReturnType<typeof digestOf>;
  readonly state: EnvironmentState;
}

/** What a retirement would do now; refused where nothing runs. */
export const plannedRetirement = async (ports: ServerPorts, { model, environment }: Place): Promise<Planned> => {
  knownModel(ports, model);
  knownEnvironment(ports, environment);
  const state = await readEnvironment(ports, model, environment);
  if (state === undefined)
    throw new SlipwayError('nothing_to_retire', `nothing was ever deployed of ${model} in ${environment}`);
  const planned = planRetirement(state);
  if (planned.kind === 'refused') throw new SlipwayError(planned.code, planned.reason);
  return { ...planned.plan, named: digestOf(retirementAct(planned.plan)), state };
};

/** The plan with what people look at before they agree: none of that holds a retirement up. */
export const retirementShown = async (ports: ServerPorts, place: Place) => {
  const { named, state, ...planned } = await plannedRetirement(ports, place);
  const { model, environment } = planned;
  const [traffic, incidents] = await Promise.all([
    trafficOf(ports, planned),
    incidentsEnded(ports, { model, environment }),
  ]);
  const came = state.history.find(
    ({ outcome, version }) => outcome === 'deployed' && version.artifactDigest === planned.from.artifactDigest,
  );
  return {
    ...planned,
    plan: named,
    ...(came === undefined ? {} : { servedSince: came.endedAt }),
    traffic,
    schedules: [driftSchedule(model, environment, 1, '').scheduleId, targetSchedule(model, environment, 1).scheduleId],
    incidents,
  };
};

/** Open ones whose problem is over when nothing runs. What people did is reviewed by people. */
export const incidentsEnded = async (ports: ServerPorts, place: Place) =>
  (await openIncidents(ports, place)).filter(({ kind }) => kind !== GLASS_INCIDENT);

/** Whoever still calls it would get 404: counted by the target since its last command. */
const trafficOf = async (ports: ServerPorts, { model, environment, from }: RetirementPlan) => {
  try {
    const { acceptedAt, counters } = await ports.target(environment).measure(model, environment);
    const own = counters.find(({ artifactDigest }) => artifactDigest === from.artifactDigest);
    return {
      ...(acceptedAt === undefined ? {} : { since: acceptedAt }),
      requests: own?.requests ?? 0,
      failures: own?.failures ?? 0,
    };
  } catch (error) {
    if (!(error instanceof SlipwayError)) throw error;
    return null;
  }
};
