import type { Interval, Recurrence } from '../calendar/types.js';
import { isAbout } from './holdsAt.js';
import type { Hold, Place } from './types.js';

/** A freeze of the operator's file, once or again and again. */
export interface ConfiguredFreeze {
  readonly name: string;
  readonly reason: string;
  readonly owner: string;
  readonly models?: readonly string[];
  readonly environments?: readonly string[];
  /** Roles that may override it. */
  readonly override: readonly string[];
  /** Its only time. */
  readonly once?: Interval;
  /** When it comes again and again. */
  readonly recurring?: Recurrence;
}

/**
 * The freezes of the operator's file as they fall around an instant: what is in force, and what comes next. Each of its
 * times is a freeze of its own, so that an override of one is none of the next.
 */
export const configuredFreezes = (
  freezes: readonly ConfiguredFreeze[],
  place: Place | undefined,
  stretchesOf: (freeze: ConfiguredFreeze) => readonly Interval[],
): readonly Hold[] =>
  freezes.flatMap((freeze) => {
    const { name, reason, owner, models, environments, override } = freeze;
    const about = {
      kind: 'freeze' as const,
      reason,
      by: owner,
      override,
      ...(models === undefined ? {} : { models }),
      ...(environments === undefined ? {} : { environments }),
    };
    if (place !== undefined && !isAbout(about, place)) return [];
    return stretchesOf(freeze).map(({ from, to }) => ({ ...about, id: `${name}@${instantOf(from)}`, from, until: to }));
  });

/** How far ahead freezes that come again are looked for: their ends may lie further. */
const AHEAD_MS = 35 * 86_400_000;

/**
 * The times of a freeze that are not over, as far as they matter now.
 *
 * @param windows of a `Calendar`
 * @param now epoch milliseconds
 */
export const stretchesFrom =
  (windows: (recurrences: readonly Recurrence[], from: number, to: number) => readonly Interval[], now: number) =>
  ({ once, recurring }: ConfiguredFreeze): readonly Interval[] => [
    ...(once === undefined ? [] : [once]),
    ...(recurring === undefined ? [] : windows([recurring], now, now + AHEAD_MS)),
  ];

const instantOf = (at: number): string => new Date(at).toISOString().slice(0, 16);
