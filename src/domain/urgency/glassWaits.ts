import { mayBypass } from '../hold/mayBypass.js';
import type { Place } from '../hold/types.js';
import { personsOf } from '../identity/person.js';
import type { Holder } from '../identity/types.js';
import type { Authorship } from '../release/types.js';
import { sayInstant } from '../sayInstant.js';

/** One person signed for break-glass, and a second one is missing. */
export interface GlassWaits {
  readonly environment: string;
  readonly by: string;
  readonly at: number;
  /** Identities that may sign as the second person, now. */
  readonly second: readonly string[];
  readonly roles: readonly string[];
  /** When the wait itself ends, epoch milliseconds; absent: that is not known beforehand. */
  readonly until?: number;
}

export interface GlassQuestion {
  /** Who signed, in this order, and when. */
  readonly words: readonly { readonly by: string; readonly at: number }[];
  readonly place: Place;
  /** That the operator names. */
  readonly roles: readonly string[];
  readonly identities: readonly Holder[];
  readonly authorship: Authorship;
  readonly until?: number;
}

/** Whose word stands as the first, and who may add the second; undefined: nobody’s does, or two stand. */
export const glassWaits = (given: GlassQuestion): GlassWaits | undefined => {
  const { words, place, roles, identities, authorship, until } = given;
  const person = personsOf(identities);
  const may = (name: string): boolean => mayBypass({ name, asked: roles, place, identities, authorship }).ok;
  const standing = words.filter(({ by }) => may(by));
  const [first] = standing;
  if (first === undefined || standing.some(({ by }) => person(by) !== person(first.by))) return undefined;
  return {
    ...{ environment: place.environment, by: first.by, at: first.at, roles },
    second: identities.map(({ name }) => name).filter((name) => person(name) !== person(first.by) && may(name)),
    ...(until === undefined ? {} : { until }),
  };
};

const NAMED = 8;

/** One line for people. */
export const sayGlassWaits = ({ environment, by, at, second, roles, until }: GlassWaits): string => {
  const who =
    second.length === 0
      ? `nobody known may sign as the second: it takes one more person of ${roles.join(', ')}`
      : `one more person may sign: ${listed(second)}`;
  const end = until === undefined ? 'while the release waits there' : `until ${sayInstant(until)}`;
  return `break-glass for ${environment}: ${by} signed ${sayInstant(at)}; ${who}, ${end}, unless what it is about changes`;
};

const listed = (names: readonly string[]): string =>
  `${names.slice(0, NAMED).join(', ')}${names.length > NAMED ? ` and ${names.length - NAMED} more` : ''}`;
