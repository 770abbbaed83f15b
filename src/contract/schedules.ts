/** The Schedules of an installation: one tick per watched repository, one per monitored environment. */

interface Tick {
  readonly scheduleId: string;
  readonly everyMs: number;
  readonly workflowType: string;
  /** Runs get a time suffix from the engine. */
  readonly workflowId: string;
  readonly input: Readonly<Record<string, string>>;
  readonly taskQueue: string;
  readonly note: string;
  readonly jitterMs: number;
  readonly searchAttributes: Readonly<Record<string, string>>;
}

/** Many models must not wake up in the same second. */
const JITTER_SHARE = 0.05;
const MAX_JITTER_MS = 60_000;

const jitter = (everyMs: number): number => Math.min(MAX_JITTER_MS, Math.floor(everyMs * JITTER_SHARE));

export const driftSchedule = (model: string, environment: string, everyMs: number, note: string): Tick => ({
  scheduleId: `drift/${model}/${environment}`,
  everyMs,
  workflowType: 'driftWatch',
  workflowId: `drift/${model}/${environment}`,
  input: { model, environment },
  taskQueue: 'control',
  note,
  jitterMs: jitter(everyMs),
  searchAttributes: { SlipwayModel: model, SlipwayEnvironment: environment },
});

export const sourceSchedule = (model: string, everyMs: number): Tick => ({
  scheduleId: `source/${model}`,
  everyMs,
  workflowType: 'sourceWatch',
  workflowId: `source/${model}`,
  input: { model },
  taskQueue: 'control',
  note: `Look for new commits of ${model}`,
  jitterMs: jitter(everyMs),
  searchAttributes: { SlipwayModel: model },
});
