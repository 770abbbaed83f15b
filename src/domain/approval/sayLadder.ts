import type { ShownStep } from './ladder.js';
import { sayStep } from './sayStep.js';

interface OnLadder {
  readonly ladder?: readonly ShownStep[];
  readonly escalatedTo?: readonly string[];
  readonly remindAt: number;
  readonly expireAt: number;
}

/** What a wait for people does by itself, and when: what it did, what comes next, and its end. */
export const sayLadder = (
  { ladder, remindAt, expireAt }: OnLadder,
  when: (at: number) => string,
): { readonly done: readonly string[]; readonly ahead: readonly string[] } => {
  const ended = `expires ${when(expireAt)}`;
  if (ladder === undefined) return { done: [], ahead: [`reminder, ${when(remindAt)}`, ended] };
  const say = (step: ShownStep): string => `${sayStep(step)}, ${when(step.at)}`;
  return {
    done: ladder.filter(({ taken }) => taken).map(say),
    ahead: [...ladder.filter(({ taken }) => !taken).map(say), ended],
  };
};

/** Who may decide by now besides those who always may; where time called nobody, nothing. */
export const sayCalled = ({
  ladder = [],
  escalatedTo = [],
}: Pick<OnLadder, 'ladder' | 'escalatedTo'>): readonly string[] => [
  ...ladder.flatMap((step) =>
    step.taken && step.kind === 'delegate' ? [`may decide now: ${step.to.join(', ')} in place of ${step.of}`] : [],
  ),
  ...(escalatedTo.length === 0 ? [] : [`may decide now: ${escalatedTo.join(', ')}`]),
];
