import { setImmediate as breathe } from 'node:timers/promises';
import { dueWindows, type DueWindow } from '../src/domain/drift/dueWindows.js';
import type { DriftOutcome } from '../src/domain/drift/types.js';
import type { MonitoringSpec } from '../src/domain/spec/types.js';
import { readSpec } from './artifactContents.js';
import { encodeJson } from './documents.js';
import { environmentBegan, environmentNow } from './environmentClock.js';
import { environmentState } from './environmentState.js';
import { whileHeartbeating } from './heartbeat.js';
import { reportOfWindow, type Deployed, type Monitored } from './driftOfWindow.js';
import type { Ports } from './ports.js';
import { readWatermark } from './watermark.js';

export interface MeasureDriftInput {
  readonly model: string;
  readonly environment: string;
  /** Windows that one run measures; the others wait for the next one. */
  readonly most: number;
}

export type DriftMeasurement =
  | {
      readonly kind: 'skipped';
      readonly why: 'canary' | 'nothing_deployed' | 'not_monitored' | 'no_window';
      readonly reason: string;
    }
  | {
      readonly kind: 'measured';
      readonly reason: string;
      /** The windows to move the watermark by, once their findings were handed over. */
      readonly due: readonly DueWindow[];
      readonly outcomes: readonly DriftOutcome[];
      readonly owners: readonly string[];
      readonly monitoring: MonitoringSpec;
    };

/**
 * One drift check: every window that is due after the watermark, from production's own log and labels, against what
 * is frozen in the artifact that served. It stores reports and returns digests and findings; it moves no watermark, so
 * that a run that dies before its findings were handed over is simply repeated.
 */
export const createMeasureDrift =
  (ports: Ports) =>
  (input: MeasureDriftInput): Promise<DriftMeasurement> =>
    whileHeartbeating(async (signal) => {
      const measurement = await measure(ports, input, signal);
      signal.throwIfAborted();
      await ports.store.putDocument(
        `drift/${input.model}/${input.environment}/last.json`,
        encodeJson(lastCheck(measurement)),
        'application/json',
      );
      ports.failpoint('measureDrift.stored');
      return measurement;
    });

const measure = async (
  ports: Ports,
  { model, environment, most }: MeasureDriftInput,
  signal: AbortSignal,
): Promise<DriftMeasurement> => {
  const state = await environmentState(ports, `environment/${model}/${environment}`);
  if (state?.champion === undefined) return skipped('nothing_deployed', `nothing is deployed in ${environment}`);
  if (state.active !== undefined)
    return skipped('canary', `epoch ${state.active.epoch} is under way: two versions share the traffic`);
  const spec = await readSpec(ports.store, state.champion.artifactDigest);
  if (spec.monitoring === undefined) return skipped('not_monitored', 'slipway.yaml of the champion has no monitoring');
  const { now, due } = await windowsDue(ports, model, environment, spec.monitoring, most);
  if (now === undefined || due.length === 0)
    return skipped('no_window', 'no window is complete that was not measured before');

  const outcomes: DriftOutcome[] = [];
  for (const window of due) {
    signal.throwIfAborted();
    outcomes.push(
      await reportOfWindow(ports, { state: state as Deployed, spec: spec as Monitored, due: window, now }, signal),
    );
    await breathe();
  }
  const failing = outcomes.filter((outcome) => outcome.verdict === 'fail').length;
  return {
    kind: 'measured',
    reason: `${outcomes.length} windows, ${failing} with findings that fail`,
    due,
    outcomes,
    owners: spec.owners,
    monitoring: spec.monitoring,
  };
};

const windowsDue = async (
  ports: Ports,
  model: string,
  environment: string,
  monitoring: MonitoringSpec,
  most: number,
): Promise<{ readonly now: number | undefined; readonly due: readonly DueWindow[] }> => {
  const now = await environmentNow(ports, model, environment);
  const oldest = await ports.log.oldestEventTime(model, environment);
  if (now === undefined || oldest === undefined) return { now, due: [] };
  const watermark = await readWatermark(ports.store, model, environment);
  const began = await environmentBegan(ports, model, environment);
  // What is predicted may have happened a while before it arrived.
  const from = began === undefined ? oldest : Math.max(oldest, began - monitoring.windowMs);
  return { now, due: dueWindows(monitoring, watermark, from, now, most) };
};

const skipped = (why: Extract<DriftMeasurement, { kind: 'skipped' }>['why'], reason: string): DriftMeasurement => ({
  kind: 'skipped',
  why,
  reason,
});

/** What the last check did, for readers; also when it did nothing, and why. */
const lastCheck = (measurement: DriftMeasurement): Readonly<Record<string, unknown>> => ({
  at: Date.now(),
  status: measurement.kind === 'skipped' ? `skipped: ${measurement.why}` : 'measured',
  reason: measurement.reason,
  windows:
    measurement.kind === 'skipped'
      ? []
      : measurement.outcomes.map(({ window, verdict, report, rows }) => ({ window, verdict, report, rows })),
});
