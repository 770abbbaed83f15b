import type { Digest } from '../src/domain/artifact/types.js';
import type { Unavailable } from '../src/domain/gate/types.js';
import type { ServingDrift } from '../src/domain/drift/types.js';
import type { CommandRule, GateSpec } from '../src/domain/spec/gates.js';
import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import type { LedgerEntry } from '../src/ports/ledger.js';
import { getJson, putJson } from './documents.js';
import { environmentNow } from './environmentClock.js';
import { measureLatency, type LatencyQuestion } from './measureLatency.js';
import type { Ports } from './ports.js';
import { runGateCommands, type GateCommands, type Written } from './runGateCommands.js';
import { servingDrift, type ServingQuestion } from './servingDrift.js';
import { readChain } from './onRecord.js';

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

/** The entry that names what was measured, in the stream of the release. */
const KEPT_MEASUREMENTS = 'kept.measurements';

/**
 * Measures once per release, environment and artifact, and keeps it: a gate that is evaluated again judges what was
 * measured then, and says the same. The ledger says what that was, by digest: whoever can write to the store cannot put
 * other measurements in its place.
 */
export const gateMeasurements = async (
  ports: Ports,
  question: MeasurementsQuestion,
  signal: AbortSignal,
): Promise<GateMeasurements> => {
  const asked = askedFor(question.gates);
  const before = (await readChain(ports, question.releaseId)).filter(isOf(question));
  const known = await readKept(ports, before.at(-1));
  if (known !== undefined) return known;
  const now = asked.clock ? await environmentNow(ports, question.model, question.environment) : undefined;
  const measured: GateMeasurements = {
    ...(now === undefined ? {} : { now }),
    ...(asked.latency ? { latencies: await measureLatency(ports, question, signal) } : {}),
    commands: await runGateCommands(ports, { ...question, commands: asked.commands }, signal),
    drift: await servingDrift(ports, question, signal),
  };
  return keep(ports, question, before.length, measured);
};

const askedFor = (gates: readonly GateSpec[]) => {
  const rules = gates.flatMap((gate) => gate.rules);
  return {
    clock: rules.some((rule) => rule.kind === 'data' && rule.maxAgeMs !== undefined),
    latency: rules.some((rule) => rule.kind === 'budget' && rule.budget.startsWith('latency')),
    commands: rules.filter((rule): rule is CommandRule => rule.kind === 'command'),
  };
};

const isOf =
  ({ environment, artifactDigest }: MeasurementsQuestion) =>
  ({ kind, body }: LedgerEntry): boolean =>
    kind === KEPT_MEASUREMENTS && body['environment'] === environment && body['artifactDigest'] === artifactDigest;

/** Undefined where nothing was kept, or where the store has lost it: then it is measured once more. */
const readKept = async ({ store }: Ports, entry: LedgerEntry | undefined): Promise<GateMeasurements | undefined> => {
  if (entry === undefined) return undefined;
  try {
    return await getJson<GateMeasurements>(store, entry.body['measurements'] as Digest);
  } catch (error) {
    if (error instanceof SlipwayError && ['not_found', 'digest_mismatch'].includes(error.code)) return undefined;
    throw error;
  }
};

/** Another attempt may have been faster: what it wrote down is what counts. */
const keep = async (
  ports: Ports,
  question: MeasurementsQuestion,
  times: number,
  measured: GateMeasurements,
): Promise<GateMeasurements> => {
  const { releaseId, environment, artifactDigest } = question;
  const measurements = await putJson(ports.store, measured);
  const entryId = `${KEPT_MEASUREMENTS}.${environment}/${artifactDigest}/${times}`;
  const body = { environment, artifactDigest, measurements };
  try {
    await ports.ledger.append(releaseId, entryId, KEPT_MEASUREMENTS, Date.now(), body);
    return measured;
  } catch (error) {
    if (!(error instanceof SlipwayError) || error.code !== 'entry_taken') throw error;
    const faster = (await readChain(ports, releaseId)).filter(isOf(question)).at(-1);
    const known = await readKept(ports, faster);
    if (known === undefined) throw error;
    return known;
  }
};
