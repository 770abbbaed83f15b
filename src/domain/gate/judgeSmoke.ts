import type { Verdict } from './types.js';

export type SmokeAnswer =
  | { readonly kind: 'answered'; readonly predictions: readonly number[] }
  | { readonly kind: 'failed'; readonly reason: string };

export interface SmokeQuestion {
  readonly expectedDigest: string;
  readonly servedBefore: string | undefined;
  readonly servedAfter: string | undefined;
  /** Predictions of the same rows, computed when the artifact was packaged. */
  readonly expected: readonly number[];
  readonly answers: readonly SmokeAnswer[];
}

export interface SmokeJudgement {
  readonly verdict: Verdict;
  readonly reason: string;
  readonly answered: number;
  /** Largest distance from the packaged predictions. */
  readonly maxDifference: number;
}

/** Float32 arithmetic on another thread count may differ in its last digits, not more. */
const TOLERANCE = 1e-5;

/** A smoke test passes when the right artifact answered every row, before and after, with the packaged predictions. */
export const judgeSmoke = (question: SmokeQuestion): SmokeJudgement => {
  const got = question.answers.flatMap((answer) => (answer.kind === 'answered' ? answer.predictions : []));
  const maxDifference = question.expected.reduce((worst, expected, row) => {
    const difference = Math.abs(expected - (got[row] ?? Number.NaN));
    return Number.isNaN(difference) ? worst : Math.max(worst, difference);
  }, 0);
  const judged = (verdict: Verdict, reason: string): SmokeJudgement => ({
    verdict,
    reason,
    answered: got.length,
    maxDifference,
  });

  if (question.expected.length === 0) return judged('insufficient_data', 'the artifact carries no rows to send');
  const failures = question.answers.flatMap((answer) => (answer.kind === 'failed' ? [answer.reason] : []));
  if (failures.length > 0)
    return judged(
      'fail',
      `${failures.length} of ${question.answers.length} requests failed, the first: ${failures[0]}`,
    );
  for (const [when, served] of [
    ['before', question.servedBefore],
    ['after', question.servedAfter],
  ] as const) {
    if (served !== question.expectedDigest)
      return judged(
        'fail',
        `the environment served ${served ?? 'nothing'} ${when} the test, not ${question.expectedDigest}`,
      );
  }
  if (got.length !== question.expected.length)
    return judged('fail', `${question.expected.length} rows were sent, ${got.length} answered`);
  if (!got.every((value) => value >= 0 && value <= 1)) return judged('fail', 'a prediction is no probability');
  if (maxDifference > TOLERANCE)
    return judged('fail', `predictions differ from the packaged ones by up to ${maxDifference.toExponential(2)}`);
  const closeness = maxDifference === 0 ? 'to the last bit' : `largest difference ${maxDifference.toExponential(1)}`;
  return judged('pass', `${got.length} real rows answered as packaged, ${closeness}`);
};
