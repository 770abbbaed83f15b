/** The Schedules of an installation: a tick per watched repository, per monitored environment, and per environment that serves. */
import { targetWatchId } from '../domain/environment/judgeTarget.js';

interface Tick {
  readonly scheduleId: string;
  readonly everyMs: number;
  readonly workflowType: string;
  /** Runs get a time suffix from the engine. */
  readonly workflowId: string;
  readonly input: Readonly<Record<string, string | number>>;
  readonly taskQueue: string;
  /** What each run is for, in a line. */
  readonly note: string;
  /** Markdown for the engine's own user interface. */
  readonly details: string;
  readonly jitterMs: number;
  readonly searchAttributes: Readonly<Record<string, string>>;
}

/** Many models must not wake up in the same second. */
const JITTER_SHARE = 0.05;
const MAX_JITTER_MS = 60_000;

const jitter = (everyMs: number): number => Math.min(MAX_JITTER_MS, Math.floor(everyMs * JITTER_SHARE));

export const driftSchedule = (model: string, environment: string, everyMs: number, since: string): Tick => ({
  scheduleId: `drift/${model}/${environment}`,
  everyMs,
  workflowType: 'driftWatch',
  workflowId: `drift/${model}/${environment}`,
  input: { model, environment },
  taskQueue: 'control',
  note: `Drift check of ${model} in ${environment}, since ${since}`,
  details: `Measures the windows of production data of **${model}** in **${environment}** that are due, and hands what it finds over to incidents. What it measured is under Current Details; \`slipway drift report ${model} ${environment}\` shows the newest report.`,
  jitterMs: jitter(everyMs),
  searchAttributes: { SlipwayModel: model, SlipwayEnvironment: environment },
});

export const targetSchedule = (model: string, environment: string, everyMs: number): Tick => ({
  scheduleId: targetWatchId(model, environment),
  everyMs,
  workflowType: 'targetWatch',
  workflowId: targetWatchId(model, environment),
  input: { model, environment, everyMs },
  taskQueue: 'control',
  note: `Does ${environment} run what it should of ${model}?`,
  details: `Asks the target of **${environment}** what it runs of **${model}**, and compares it with what the arbiter settled. What differs opens an incident, and the arbiter puts it back.`,
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
  details: `A new commit on the branch of **${model}** starts its release; the same commit never starts twice.`,
  jitterMs: jitter(everyMs),
  searchAttributes: { SlipwayModel: model },
});
