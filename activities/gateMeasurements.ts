import type { Unavailable } from '../src/domain/gate/types.js';
import type { ServingDrift } from '../src/domain/drift/types.js';
import type { CommandRule, GateSpec } from '../src/domain/spec/types.js';
import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import { encodeJson, readDocument, releaseKey } from './documents.js';
import { environmentNow } from './environmentClock.js';
import { measureLatency, type LatencyQuestion } from './measureLatency.js';
import type { Ports } from './ports.js';
import { runGateCommands, type GateCommands, type Written } from './runGateCommands.js';
import { servingDrift, type ServingQuestion } from './servingDrift.js';

/** What another look would find otherwise: the time, latencies, what commands write, and what is served by now. */
export interface GateMeasurements {
  readonly now?: number;
  readonly latencies?: readonly number[] | Unavailable;
  /** In the order of the command rules of all gates. */
  readonly commands: readonly Written[];
  /** Absent where it was measured before this was looked at. */
  readonly drift?: ServingDrift | Unavailable;
}

export type MeasurementsQuestion = LatencyQuestion &
  ServingQuestion &
  Omit<GateCommands, 'commands'> & { readonly gates: readonly GateSpec[] };

/**
 * Measures once per release, environment and artifact, and keeps it: a gate that is evaluated again judges what was
 * measured then, and says the same.
 */
export const gateMeasurements = async (
  ports: Ports,
  question: MeasurementsQuestion,
  signal: AbortSignal,
): Promise<GateMeasurements> => {
  const asked = askedFor(question.gates);
  const hex = question.artifactDigest.slice('sha256:'.length);
  const key = `releases/${releaseKey(question.releaseId)}/measurements/${question.environment}.${hex}.json`;
  const known = await readDocument<GateMeasurements>(ports.store, key);
  if (known !== undefined) return known;
  const now = asked.clock ? await environmentNow(ports, question.model, question.environment) : undefined;
  const measured: GateMeasurements = {
    ...(now === undefined ? {} : { now }),
    ...(asked.latency ? { latencies: await measureLatency(ports, question, signal) } : {}),
    commands: await runGateCommands(ports, { ...question, commands: asked.commands }, signal),
    drift: await servingDrift(ports, question, signal),
  };
  return keep(ports, key, measured);
};

const askedFor = (gates: readonly GateSpec[]) => {
  const rules = gates.flatMap((gate) => gate.rules);
  return {
    clock: rules.some((rule) => rule.kind === 'data' && rule.maxAgeMs !== undefined),
    latency: rules.some((rule) => rule.kind === 'budget' && rule.budget.startsWith('latency')),
    commands: rules.filter((rule): rule is CommandRule => rule.kind === 'command'),
  };
};

/** Another attempt may have been faster: what it kept is what counts. */
const keep = async (ports: Ports, key: string, measured: GateMeasurements): Promise<GateMeasurements> => {
  try {
    await ports.store.createDocument(key, encodeJson(measured));
    return measured;
  } catch (error) {
    if (!(error instanceof SlipwayError && error.code === 'precondition_failed')) throw error;
    return (await readDocument<GateMeasurements>(ports.store, key)) ?? measured;
  }
};
