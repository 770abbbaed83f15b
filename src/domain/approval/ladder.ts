/** A step of the ladder for people who do not answer, at an instant that a calendar was asked for. */
export type LadderStep =
  | { readonly kind: 'remind'; readonly at: number; readonly number: number; readonly to: readonly string[] }
  /** The deputies of one person may decide in their place. */
  | { readonly kind: 'delegate'; readonly at: number; readonly of: string; readonly to: readonly string[] }
  | { readonly kind: 'escalate'; readonly at: number; readonly to: readonly string[] };

/** A wait has one ladder: planned steps in any order, and an end that needs no plan. */
export interface Ladder {
  readonly steps: readonly LadderStep[];
  /** Epoch milliseconds, by the clock and not by business time. */
  readonly expireAt: number;
}

/** How far a wait has come on its ladder; what it needs to go on, also with a ladder that was planned anew. */
export interface Climbed {
  /** Number of the last reminder; 0: none. */
  readonly reminders: number;
  /** People whose deputies may decide. */
  readonly delegated: readonly string[];
  readonly escalated: boolean;
}

/** A step as people see it. */
export type ShownStep = LadderStep & { readonly taken: boolean };

export const NOT_CLIMBED: Climbed = { reminders: 0, delegated: [], escalated: false };

export type NextStep =
  /** Nothing is due before `at`; then it is this step, or the end. */
  | { readonly kind: 'wait'; readonly at: number; readonly step?: LadderStep }
  /** Due at once, in order; reminders that were missed are one. */
  | { readonly kind: 'take'; readonly steps: readonly LadderStep[]; readonly climbed: Climbed }
  | { readonly kind: 'expire' };

/**
 * What a wait does next. Steps that were missed while nothing ran are taken together, each once; the end comes before all
 * of them, because a reminder of what has ended helps nobody. It never says that somebody approved.
 *
 * @example nextLadderStep({ steps: [], expireAt: 9 }, NOT_CLIMBED, 3) // { kind: 'wait', at: 9 }
 */
export const nextLadderStep = ({ steps, expireAt }: Ladder, climbed: Climbed, now: number): NextStep => {
  // Written so that an end that is no number has come.
  if (!(now < expireAt)) return { kind: 'expire' };
  const open = steps.filter((step) => step.at < expireAt && !isTaken(step, climbed)).toSorted((a, b) => a.at - b.at);
  const due = open.filter(({ at }) => at <= now);
  if (due.length === 0) {
    const [step] = open;
    return step === undefined ? { kind: 'wait', at: expireAt } : { kind: 'wait', at: step.at, step };
  }
  const lastReminder = due.findLast(({ kind }) => kind === 'remind');
  const taken: LadderStep[] = [];
  let reached = climbed;
  for (const step of due) {
    if (isTaken(step, reached) || (step.kind === 'remind' && step !== lastReminder)) continue;
    taken.push(step);
    reached = climb(reached, step);
  }
  return { kind: 'take', steps: taken, climbed: reached };
};

const isTaken = (step: LadderStep, { reminders, delegated, escalated }: Climbed): boolean => {
  if (step.kind === 'remind') return step.number <= reminders;
  return step.kind === 'delegate' ? delegated.includes(step.of) : escalated;
};

const climb = (climbed: Climbed, step: LadderStep): Climbed => {
  if (step.kind === 'remind') return { ...climbed, reminders: Math.max(climbed.reminders, step.number) };
  return step.kind === 'delegate'
    ? { ...climbed, delegated: [...climbed.delegated, step.of] }
    : { ...climbed, escalated: true };
};

/** What people see of a ladder: what was taken besides reminders, the next reminder, and all else that is ahead. */
export const showLadder = ({ steps, expireAt }: Ladder, climbed: Climbed): readonly ShownStep[] => {
  const shown = steps
    .filter(({ at }) => at < expireAt)
    .map((step): ShownStep => ({ ...step, taken: isTaken(step, climbed) }))
    .toSorted((a, b) => a.at - b.at);
  const reminder = shown.find(({ kind, taken }) => kind === 'remind' && !taken);
  return shown.filter((step) => step.kind !== 'remind' || step === reminder);
};
