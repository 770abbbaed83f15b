import type { Digest } from '../artifact/types.js';
import type { RunCause, StoredFile } from './types.js';

export interface StepAttempt {
  readonly number: number;
  readonly passed: boolean;
  /** How it ended, in one line. */
  readonly end: string;
  readonly durationMs: number;
  /** It went on from what an attempt before it had kept in its checkpoint. */
  readonly continued?: true;
}

/** What became of a step in one release. */
export interface StepStory {
  readonly step: string;
  readonly outcome: 'ran' | 'skipped' | 'failed';
  readonly reason: string;
  readonly key?: Digest;
  /** Why it ran. */
  readonly cause?: RunCause;
  /** The release that its outputs come from, where it was skipped. */
  readonly from?: string;
  /** In order; a step that was tried again is never green in silence. */
  readonly attempts: readonly StepAttempt[];
  /** Failed and passed with the same key, in this release or before it. */
  readonly flaky: boolean;
  readonly outputs: readonly StoredFile[];
}

/** The part of a story that evidence holds: no times, so that its digest is stable. */
export type ToldStep = Pick<StepStory, 'step' | 'outcome' | 'from' | 'flaky'> & {
  readonly attempts: readonly Pick<StepStory['attempts'][number], 'number' | 'passed' | 'end' | 'continued'>[];
};

export const evidenceOfSteps = (stories: readonly StepStory[]): readonly ToldStep[] =>
  stories.map(({ step, outcome, from, attempts, flaky }) => ({
    step,
    outcome,
    ...(from === undefined ? {} : { from }),
    attempts: attempts.map(({ number, passed, end, continued }) => ({
      ...{ number, passed, end },
      ...(continued === true ? { continued } : {}),
    })),
    flaky,
  }));

/** The story of a step with what an earlier telling of the same release knows of it: no attempt is forgotten. */
export const continueStory = (before: StepStory | undefined, now: StepStory, releaseId: string): StepStory => {
  if (before === undefined) return now;
  // It ran for this very release: what it wrote comes back, and how it ran stays.
  if (now.outcome === 'skipped') return now.from === releaseId && before.outcome === 'ran' ? before : now;
  const attempts = [...before.attempts, ...now.attempts].map((attempt, index) => ({ ...attempt, number: index + 1 }));
  const same = before.key !== undefined && before.key === now.key;
  return { ...now, attempts, flaky: now.flaky || (same && now.outcome === 'ran' && before.outcome === 'failed') };
};
