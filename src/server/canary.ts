import type { EnvironmentState } from '../domain/environment/types.js';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import { canaryProgress, type CanaryProgress } from '../domain/rollout/canaryProgress.js';
import { steeringOnRecord, type Steered } from '../domain/rollout/steering.js';
import type { RolloutView } from '../domain/rollout/types.js';
import type { TrafficMeasurement } from '../ports/deployTarget.js';
import { rolloutId, rolloutStateQuery } from '../../workflows/messages.js';
import { orAbsent } from './known.js';
import type { ServerPorts } from './ports.js';

/** How far the rollout by phases is that an environment is in, from its rollout and from the target; undefined where it is in none. */
export const canaryOf = async (
  ports: ServerPorts,
  { model, environment, active, champion }: EnvironmentState,
): Promise<CanaryProgress | undefined> => {
  if (active === undefined || active.request.rollout.strategy === 'immediate') return undefined;
  const id = rolloutId(model, environment, active.epoch);
  const [view, measured, said] = await Promise.all([
    orAbsent(ports.workflows.query<RolloutView>(id, rolloutStateQuery.name)),
    measure(ports, model, environment),
    words(ports, id),
  ]);
  if (view === undefined) return undefined;
  const { artifactDigest } = active.request.version;
  const candidate = measured?.counters.find((one) => one.artifactDigest === artifactDigest);
  return canaryProgress({
    view,
    rollout: active.request.rollout,
    alone: champion === undefined,
    said,
    // The traffic of another passage says nothing about this one.
    ...(measured?.since.epoch !== active.epoch
      ? {}
      : {
          traffic: {
            ...(candidate === undefined ? {} : { candidate }),
            ...(measured.acceptedAt === undefined ? {} : { acceptedAt: measured.acceptedAt }),
          },
        }),
  });
};

/** How far it is can be said also while the ledger cannot be read. */
const words = async ({ ledger }: ServerPorts, id: string): Promise<readonly Steered[]> => {
  try {
    return steeringOnRecord(await ledger.read(id));
  } catch (error) {
    if (!(error instanceof SlipwayError)) throw error;
    return [];
  }
};

/** A target that does not answer says so elsewhere. */
const measure = async (
  ports: ServerPorts,
  model: string,
  environment: string,
): Promise<TrafficMeasurement | undefined> => {
  try {
    return await ports.target(environment).measure(model, environment);
  } catch (error) {
    if (!(error instanceof SlipwayError)) throw error;
    return undefined;
  }
};
