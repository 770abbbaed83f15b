import type { BusinessCalendar } from '../calendar/types.js';
import type { LadderStep } from './ladder.js';

/** A ladder as slipway.yaml asks for it: business time of those who decide, milliseconds. */
export interface LadderPolicy {
  readonly remindAfterMs: number;
  readonly delegateAfterMs?: number;
  readonly escalateAfterMs?: number;
  readonly escalateTo?: readonly string[];
}

export interface LadderPerson {
  readonly name: string;
  readonly calendar?: BusinessCalendar;
  /** Only those who may decide on this release. */
  readonly deputies: readonly string[];
}

export interface LadderQuestion {
  readonly policy: LadderPolicy;
  /** Who hears the reminders. */
  readonly roles: readonly string[];
  /** Those who may decide; where there are none, steps go by the clock. */
  readonly deciders: readonly LadderPerson[];
  readonly since: number;
  readonly expireAt: number;
  /** The instant when so much business time has passed; undefined: never. */
  readonly businessInstant: (calendar: BusinessCalendar | undefined, since: number, ms: number) => number | undefined;
}

/** More would only make everybody deaf, and histories long. */
const MOST_REMINDERS = 200;

/**
 * Every step before the end. A reminder is due when the first of those who may decide has had its time; a person's
 * place goes to their deputies when they themselves have had theirs; others are called when everybody has had it.
 */
export const planLadder = (question: LadderQuestion): readonly LadderStep[] =>
  [...reminders(question), ...delegations(question), ...escalation(question)].toSorted((a, b) => a.at - b.at);

const reminders = ({ policy, roles, since, expireAt, ...rest }: LadderQuestion): readonly LadderStep[] => {
  const steps: LadderStep[] = [];
  if (!(policy.remindAfterMs > 0)) return steps;
  let clocks = calendarsOf(rest.deciders).map((calendar) => ({ calendar, at: since as number | undefined }));
  for (let number = 1; number <= MOST_REMINDERS; number += 1) {
    clocks = clocks.map(({ calendar, at }) => ({
      calendar,
      at: at === undefined ? undefined : rest.businessInstant(calendar, at, policy.remindAfterMs),
    }));
    const at = Math.min(...clocks.map((clock) => clock.at ?? Infinity));
    if (!(at < expireAt)) break;
    steps.push({ kind: 'remind', at, number, to: roles });
  }
  return steps;
};

const delegations = ({ policy, deciders, since, expireAt, businessInstant }: LadderQuestion): readonly LadderStep[] => {
  const { delegateAfterMs } = policy;
  if (delegateAfterMs === undefined) return [];
  return deciders.flatMap(({ name, calendar, deputies }): readonly LadderStep[] => {
    const at = businessInstant(calendar, since, delegateAfterMs);
    if (deputies.length === 0 || at === undefined || at >= expireAt) return [];
    return [{ kind: 'delegate', at, of: name, to: deputies }];
  });
};

const escalation = ({ policy, deciders, since, expireAt, businessInstant }: LadderQuestion): readonly LadderStep[] => {
  const { escalateAfterMs, escalateTo = [] } = policy;
  if (escalateAfterMs === undefined || escalateTo.length === 0) return [];
  const instants = calendarsOf(deciders).map(
    (calendar) => businessInstant(calendar, since, escalateAfterMs) ?? Infinity,
  );
  const at = Math.max(...instants);
  return at < expireAt ? [{ kind: 'escalate', at, to: escalateTo }] : [];
};

/** Each once; every hour where nobody may decide, so that somebody hears of that, too. */
const calendarsOf = (people: readonly LadderPerson[]): readonly (BusinessCalendar | undefined)[] => {
  const byName = new Map(people.map(({ calendar }) => [calendar?.name, calendar]));
  return byName.size === 0 ? [undefined] : [...byName.values()];
};
