import { driftSchedule, targetSchedule } from '../contract/schedules.js';
import type { Engine } from '../ports/engine.js';
import type { Workflows } from '../ports/workflows.js';
import { environmentStart } from '../../workflows/starts.js';
import { endInterrupted } from './interruptedReleases.js';
import type { RecoveryPlan, RecoveryPorts } from './planRecovery.js';

const RECOVERED = 'installation.recovered';

export interface Recovery {
  readonly plan: RecoveryPlan;
  /** Who confirmed it. */
  readonly by: string;
  /** Identities of the engine that was lost and of the one that is there now. */
  readonly engine: { readonly before: string; readonly now: string };
  readonly at: number;
}

/**
 * Carries a plan out on the new engine. No worker works there until it is adopted, which comes last and is not done
 * here: so this may be cut off anywhere, and done again. Traffic is not touched.
 */
export const recover = async (
  ports: RecoveryPorts & { readonly workflows: Workflows; readonly engine: Pick<Engine, 'prepare'> },
  { plan, by, engine, at }: Recovery,
): Promise<void> => {
  await ports.engine.prepare();
  for (const view of plan.interrupted) await endInterrupted(ports, view);
  for (const { model, environment } of plan.environments)
    await ports.workflows.startOnce(environmentStart(model, environment));
  for (const { model, environment, everyMs, since } of plan.monitored)
    await ports.workflows.ensureSchedule(driftSchedule(model, environment, everyMs, since));
  for (const { model, environment, everyMs } of plan.watched)
    await ports.workflows.ensureSchedule(targetSchedule(model, environment, everyMs));
  const stream = `recovery/${engine.now}`;
  const body = {
    by,
    engine,
    environments: plan.environments.map(({ model, environment, state, disagreements }) => ({
      model,
      environment,
      epoch: state.epoch,
      champion: state.champion?.artifactDigest ?? null,
      disagreements,
    })),
    releases: plan.interrupted.map(({ releaseId, outcome, reason }) => ({ releaseId, outcome, reason })),
  };
  // Done again, after it was cut off or by somebody else, it finds less to do: what was written first stands.
  if (!(await ports.ledger.read(stream)).some((entry) => entry.kind === RECOVERED))
    await ports.ledger.append(stream, 'recovered', RECOVERED, at, body);
  // What cannot be signed now is signed when the signer starts.
  await ports.ledger.checkpoint([stream, ...plan.interrupted.map(({ releaseId }) => releaseId)]);
};
