import { SlipwayError } from '../domain/errors/slipwayError.js';
import type { EnvironmentState } from '../domain/environment/types.js';
import { holdsAt, noticeOf } from '../domain/hold/holdsAt.js';
import type { TargetState } from '../domain/rollout/types.js';
import { environmentId, environmentStateQuery } from '../../workflows/messages.js';
import { canaryOf } from './canary.js';
import { holdsOf } from './holdRecords.js';
import { orAbsent } from './known.js';
import type { ServerPorts } from './ports.js';

/** The arbiter's state, or undefined where nothing was ever asked of this environment. */
export const readEnvironment = (
  ports: ServerPorts,
  model: string,
  environment: string,
): Promise<EnvironmentState | undefined> =>
  orAbsent(ports.workflows.query<EnvironmentState>(environmentId(model, environment), environmentStateQuery.name));

/** What the arbiter decided, beside what the target itself says it runs: two sources, never one shown as the other. */
export const environmentStatus = async (ports: ServerPorts, model: string, environment: string) => {
  const place = { model, environment };
  const [state, observed, holds] = await Promise.all([
    readEnvironment(ports, model, environment),
    observe(ports, model, environment),
    holdsOf(ports, place),
  ]);
  const canary = state === undefined ? undefined : await canaryOf(ports, state);
  return {
    ...arbiterStatus(model, environment, state),
    ...(canary === undefined ? {} : { canary }),
    history: state?.history ?? [],
    holds: holdsAt(holds, place, ports.now()).inForce.map(noticeOf),
    ...observed,
  };
};

/** What the arbiter decided, without what it remembers of before. */
export const arbiterStatus = (model: string, environment: string, state: EnvironmentState | undefined) => ({
  model,
  environment,
  epoch: state?.epoch ?? 0,
  ...(state?.champion === undefined ? {} : { champion: state.champion }),
  ...(state?.previous === undefined ? {} : { previous: state.previous }),
  ...(state?.retired === undefined ? {} : { retired: state.retired }),
  ...(state?.active === undefined ? {} : { candidate: state.active.request.version, active: state.active }),
  queue:
    state?.queue.map(({ requestId, kind, by, reason, version }) => ({ requestId, kind, by, reason, version })) ?? [],
});

const observe = async (
  ports: ServerPorts,
  model: string,
  environment: string,
): Promise<{ serving: TargetState | null; servingProblem?: string }> => {
  try {
    return { serving: (await ports.target(environment).observe(model, environment)) ?? null };
  } catch (error) {
    if (!(error instanceof SlipwayError)) throw error;
    return { serving: null, servingProblem: `${error.code}: ${error.message}` };
  }
};
