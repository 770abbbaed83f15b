import { recoverState, type RecoveredState } from '../domain/environment/recoverState.js';
import type { IncidentView } from '../domain/incident/types.js';
import { lastPromotedKey, type LastPromoted } from '../domain/release/keys.js';
import type { ReleaseView } from '../domain/release/types.js';
import type { LedgerEntry } from '../ports/ledger.js';
import { documentOf } from './documents.js';
import { interruptedReleases, unbegunRelease, type ReleasePorts } from './interruptedReleases.js';
import { rememberEnvironment, type MemoryPorts } from './rememberEnvironment.js';
import { specOf } from './specOf.js';

export type RecoveryPorts = ReleasePorts & MemoryPorts;

export interface PlannedEnvironment extends RecoveredState {
  readonly model: string;
  readonly environment: string;
}

export interface Monitored {
  readonly model: string;
  readonly environment: string;
  readonly everyMs: number;
  /** The release whose spec says so. */
  readonly since: string;
}

/** A target that a Schedule asks what it runs. */
export interface Watched {
  readonly model: string;
  readonly environment: string;
  readonly everyMs: number;
}

/** What a recovery would do; nothing of it is done yet. */
export interface RecoveryPlan {
  readonly environments: readonly PlannedEnvironment[];
  /** Ended now; those that failed can be resumed. */
  readonly interrupted: readonly ReleaseView[];
  /** Started, and not begun: to be started again. */
  readonly unbegun: readonly string[];
  readonly monitored: readonly Monitored[];
  readonly watched: readonly Watched[];
  /** Open when the engine was lost: the next finding opens them anew. */
  readonly incidents: readonly string[];
}

/** What of the operator's configuration a recovery needs. */
export interface Recoverable {
  readonly models: readonly string[];
  readonly environments: readonly string[];
  /** How often targets are asked what they run; absent: never. */
  readonly lookAtTargetsEveryMs?: number;
}

/** Reads what the ledger, the store and the targets still know. Asks no engine. */
export const planRecovery = async (
  ports: RecoveryPorts,
  installed: Recoverable,
  now: number,
): Promise<RecoveryPlan> => {
  const plans = [];
  for (const model of installed.models) plans.push(await planModel(ports, model, installed, now));
  return {
    environments: plans.flatMap((plan) => plan.environments),
    interrupted: plans.flatMap((plan) => plan.interrupted),
    unbegun: plans.flatMap((plan) => plan.unbegun),
    monitored: plans.flatMap((plan) => plan.monitored),
    watched: plans.flatMap((plan) => plan.watched),
    incidents: plans.flatMap((plan) => plan.incidents),
  };
};

const planModel = async (
  ports: RecoveryPorts,
  model: string,
  installed: Recoverable,
  now: number,
): Promise<RecoveryPlan> => {
  const environments: PlannedEnvironment[] = [];
  const deployments: LedgerEntry[] = [];
  for (const environment of installed.environments) {
    const memory = await rememberEnvironment(ports, model, environment, { patient: true });
    const recovered = recoverState(model, environment, memory);
    if (recovered !== undefined) environments.push({ model, environment, ...recovered });
    deployments.push(...memory.ledger);
  }
  const unbegun = await unbegunRelease(ports, model);
  return {
    environments,
    interrupted: await interruptedReleases(ports, model, deployments, now),
    unbegun: unbegun === undefined ? [] : [unbegun],
    // What was retired is not looked at, whatever was promoted last.
    monitored: (await monitoredOf(ports, model)).filter(
      ({ environment }) => environments.find((one) => one.environment === environment)?.state.retired === undefined,
    ),
    watched: watchedOf(environments, installed),
    incidents: await openIncidents(ports, model),
  };
};

/** Drift is watched where the last promoted release said. */
const monitoredOf = async (ports: RecoveryPorts, model: string): Promise<readonly Monitored[]> => {
  const released = await documentOf<LastPromoted>(ports.store, lastPromotedKey(model));
  if (released === undefined) return [];
  const spec = await specOf(ports.store, await ports.ledger.read(released.releaseId));
  const environment = spec?.environments.at(-1)?.name;
  if (spec?.monitoring === undefined || environment === undefined) return [];
  return [{ model, environment, everyMs: spec.monitoring.everyMs, since: released.releaseId }];
};

/** As `recordDeployment` left it: where something serves. Where nothing does, the next deployment begins it. */
const watchedOf = (
  planned: readonly PlannedEnvironment[],
  { lookAtTargetsEveryMs: everyMs }: Recoverable,
): readonly Watched[] =>
  everyMs === undefined
    ? []
    : planned
        .filter(({ state }) => state.champion !== undefined)
        .map(({ model, environment }) => ({ model, environment, everyMs }));

const openIncidents = async ({ store }: RecoveryPorts, model: string): Promise<readonly string[]> => {
  const prefix = `incidents/${model}/`;
  const open: string[] = [];
  for (let startAfter: string | undefined; ;) {
    const keys = await store.listDocuments(prefix, startAfter === undefined ? {} : { startAfter });
    for (const key of keys) {
      const view = await documentOf<IncidentView>(store, key);
      if (view !== undefined && view.status !== 'resolved') open.push(view.incidentId);
    }
    startAfter = keys.at(-1);
    if (startAfter === undefined) return [...new Set(open)];
  }
};
