import type { BakeSpec } from '../spec/bake.js';

/** Looks in one bake that judge, at most: each takes its part of the chance of a false alarm. */
export const BAKE_LOOKS = 12;
/** How long owners have to answer where a spec does not say. */
const ANSWER_WITHIN_MS = 7 * 86_400_000;
/** Shares of that time after which they are reminded. */
const REMINDERS = [0.5, 0.9];
/** Messages get lost: looks, in equal parts of that time, that find an answer or another version in its place all the same. */
const LOOKS_FOR_ANSWERS = 12;

/** When labels are judged next, epoch milliseconds; the last time is at the deadline. */
export const nextJudgement = ({ withinMs }: Pick<BakeSpec, 'withinMs'>, now: number, until: number): number =>
  Math.max(now + 1, Math.min(now + Math.ceil(withinMs / BAKE_LOOKS), until));

/**
 * What the look that is due does. A message that asks for one brings forward only who has the place, which spends nothing: if it
 * brought labels forward, whoever can send one would have as many chances to find a sound version at fault as they like.
 */
export const lookDue = (now: number, judgeAt: number): 'labels' | 'place' => (now >= judgeAt ? 'labels' : 'place');

/** By when owners have to answer. */
export const answerUntil = (
  { answerWithinMs = ANSWER_WITHIN_MS }: Pick<BakeSpec, 'answerWithinMs'>,
  now: number,
): number => now + answerWithinMs;

export interface Asking {
  readonly since: number;
  readonly until: number;
  /** Sent so far. */
  readonly reminders: number;
}

/** What is due next while owners are asked, and when; `over`: nobody answered. */
export const nextInAsking = (
  { since, until, reminders }: Asking,
  now: number,
): { readonly at: number; readonly does: 'look' | 'remind' | 'over' } => {
  const share = REMINDERS[reminders];
  const remindAt = share === undefined ? Infinity : since + Math.ceil(share * (until - since));
  if (remindAt < until && now >= remindAt && now < until) return { at: now, does: 'remind' };
  if (now >= until) return { at: until, does: 'over' };
  const at = Math.min(now + Math.ceil((until - since) / LOOKS_FOR_ANSWERS), remindAt, until);
  return { at, does: 'look' };
};
