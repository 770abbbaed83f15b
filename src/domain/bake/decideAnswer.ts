import type { ErrorCode } from '../errors/table.js';
import type { BakeAskedView, ReleaseView } from '../release/types.js';
import type { BakeAnswer, GivenAnswer } from './bakeAnswer.js';

export interface AskedAnswer {
  readonly kind: BakeAnswer;
  readonly by: string;
}

export type AnswerDecision =
  /** Write it down under this ID, and tell the release. */
  | { readonly kind: 'say'; readonly entryId: string; readonly asked: BakeAskedView }
  /** They said so before: nothing is written, and the release is told again, because it may not have heard. */
  | { readonly kind: 'again'; readonly asked: BakeAskedView }
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly reason: string };

/**
 * What the answer of a person does to a release, for every state that it may be in. Each person has an entry of their own for
 * each answer: that of somebody who turns out not to be asked must not take the place of another's.
 */
export const decideAnswer = (
  { kind, by }: AskedAnswer,
  { outcome, endedAt, bakeAsked }: Pick<ReleaseView, 'outcome' | 'endedAt' | 'bakeAsked'>,
  said: readonly GivenAnswer[],
): AnswerDecision => {
  if (endedAt !== undefined) return refused(`it has ended as ${outcome ?? 'unknown'}`);
  if (bakeAsked === undefined)
    return refused(outcome === 'provisional' ? 'it waits for labels still' : 'it is not provisional');
  return said.some((one) => one.kind === kind && one.by === by)
    ? { kind: 'again', asked: bakeAsked }
    : { kind: 'say', entryId: `bake/${bakeAsked.environment}/${kind}/${bakeAsked.since}/${by}`, asked: bakeAsked };
};

const refused = (reason: string): AnswerDecision => ({ kind: 'refused', code: 'bake_not_waiting', reason });
