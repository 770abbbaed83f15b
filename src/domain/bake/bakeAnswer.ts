import type { Digest } from '../artifact/types.js';
import type { Steering } from '../rollout/steering.js';

/** What a person says of a provisional version that labels did not decide on. */
export type BakeAnswer = 'confirm' | 'revert';

/** Kind of the entry in the release's own stream. Body `{environment, artifactDigest, by, reason, at}`. */
export const ANSWERED: Readonly<Record<BakeAnswer, string>> = { confirm: 'bake.confirmed', revert: 'bake.reverted' };

/** Whoever has one of these roles may say so. */
export const ROLES_OF_ANSWER: Readonly<Record<BakeAnswer, readonly string[]>> = {
  confirm: ['operator'],
  revert: ['oncall', 'operator'],
};

/**
 * The word to a rollout that weighs as much: to confirm lets a version past what it waits for, and asks that nobody who wrote
 * it says so; to go back is safe.
 */
export const AS_STEERING: Readonly<Record<BakeAnswer, Steering>> = { confirm: 'promote', revert: 'abort' };

export interface GivenAnswer {
  readonly kind: BakeAnswer;
  readonly by: string;
  readonly reason: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** What is asked about. */
export interface Baked {
  readonly environment: string;
  readonly artifactDigest: Digest;
}

interface Entry {
  readonly kind: string;
  readonly at: number;
  readonly body: Readonly<Record<string, unknown>>;
}

const KINDS = new Map(Object.entries(ANSWERED).map(([kind, name]) => [name, kind as BakeAnswer]));

/** Answers about this version in the order in which they were written down, whether or not who gave them may. */
export const answersOnRecord = (
  entries: readonly Entry[],
  { environment, artifactDigest }: Baked,
): readonly GivenAnswer[] =>
  entries.flatMap(({ kind: name, at, body }) => {
    const kind = KINDS.get(name);
    const { by, reason } = body;
    if (kind === undefined || typeof by !== 'string') return [];
    if (body['environment'] !== environment || body['artifactDigest'] !== artifactDigest) return [];
    return [{ kind, by, reason: typeof reason === 'string' ? reason : '', at }];
  });

export type AnswerFound =
  | { readonly kind: 'given'; readonly answer: GivenAnswer }
  /** `refused`: whoever said so and may not, with the reason. */
  | { readonly kind: 'missing'; readonly refused: readonly string[] };

/**
 * The first answer of somebody who may give it: what follows it comes too late.
 *
 * @param faultOf why somebody may not say so; undefined where they may
 * @param until an answer that came later says nothing any more, epoch milliseconds
 */
export const answerInForce = (
  answers: readonly GivenAnswer[],
  faultOf: (answer: GivenAnswer) => string | undefined,
  until: number,
): AnswerFound => {
  const refused: string[] = [];
  for (const answer of answers) {
    const fault = answer.at > until ? `${answer.by} said so after the deadline` : faultOf(answer);
    if (fault === undefined) return { kind: 'given', answer };
    refused.push(fault);
  }
  return { kind: 'missing', refused };
};

const DONE: Readonly<Record<BakeAnswer, string>> = { confirm: 'confirmed', revert: 'taken back' };

/** `confirmed by operator: sales look as before`. */
export const sayAnswer = ({ kind, by, reason }: Omit<GivenAnswer, 'at'>): string => `${DONE[kind]} by ${by}: ${reason}`;
