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
  for (const { kind, at, body } of entries) {
    const { by, reason } = body;
    if (kind !== PROMOTED || body['step'] !== step || typeof by !== 'string') continue;
    const fault = at > until ? `${by} said so after the deadline` : faultOf(by);
    if (fault === undefined)
      return { kind: 'given', word: { step, by, reason: typeof reason === 'string' ? reason : '', at } };
    refused.push(fault);
  }
  return { kind: 'missing', refused };
};
