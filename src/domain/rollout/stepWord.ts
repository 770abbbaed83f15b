import type { StepApprovalSpec } from '../spec/types.js';
import { PROMOTED } from './shareOf.js';
import type { GivenWord } from './types.js';

/** May always say that a rollout goes on, whoever else a step names. */
const OPERATOR = 'operator';

interface Entry {
  readonly kind: string;
  readonly at: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Whoever has one of these roles may say that a rollout goes on behind the step. */
export const rolesOfWord = ({ roles }: StepApprovalSpec): readonly string[] => [...new Set([OPERATOR, ...roles])];

export type StepWord =
  | { readonly kind: 'given'; readonly word: GivenWord }
  /** `refused`: whoever said so and may not, with the reason. */
  | { readonly kind: 'missing'; readonly refused: readonly string[] };

/** Words of people in this stream, whether or not they may say so: what came of them the looks and shifts say. */
const wordsOnRecord = (entries: readonly Entry[]): readonly GivenWord[] =>
  entries.flatMap(({ kind, at, body }) => {
    const { step, by, reason } = body;
    if (kind !== PROMOTED || typeof step !== 'number' || typeof by !== 'string') return [];
    return [{ step, by, reason: typeof reason === 'string' ? reason : '', at }];
  });

/**
 * Has somebody who may said that the rollout goes on behind this step? Only what the ledger has in the stream of this very
 * rollout counts; it says nothing of whether the step has passed.
 *
 * @param faultOf why somebody may not say so; undefined where they may
 * @param until a word that came later says nothing any more, epoch milliseconds
 */
export const stepWord = (
  entries: readonly Entry[],
  step: number,
  faultOf: (by: string) => string | undefined,
  until = Infinity,
): StepWord => {
  const refused: string[] = [];
  for (const word of wordsOnRecord(entries).filter((one) => one.step === step)) {
    const fault = word.at > until ? `${word.by} said so after the deadline` : faultOf(word.by);
    if (fault === undefined) return { kind: 'given', word };
    refused.push(fault);
  }
  return { kind: 'missing', refused };
};
