import { standingOf } from '../identity/mayDecide.js';
import { personsOf } from '../identity/person.js';
import { rolesIn } from '../identity/roles.js';
import type { Holder, Place } from '../identity/types.js';

interface Person extends Holder {
  readonly deputies?: readonly string[];
}

/** Somebody's place that went to others. */
export interface GivenPlace {
  readonly of: string;
  readonly to: readonly string[];
}

export interface StandInQuestion<P extends Person> {
  readonly identities: readonly P[];
  /** Roles that let somebody decide, and where. */
  readonly roles: readonly string[];
  readonly place: Place;
  readonly given: readonly GivenPlace[];
  /** Who cannot approve, and so has no place to give. */
  readonly excluded: readonly string[];
}

/**
 * The person in whose place somebody may decide who has none of the roles: the first who may decide there now, gave the
 * place to them, and is not excluded. Undefined: nobody. Whoever may decide anyway, under whichever of their identities,
 * decides as themselves.
 */
export const standsFor = <P extends Person>(
  { identities, roles, place, given, excluded }: StandInQuestion<P>,
  name: string,
): P | undefined => {
  const decides = (person: P | undefined): person is P => person !== undefined && standingOf(person, roles, place).ok;
  const person = personsOf(identities);
  const barred = new Set(excluded.map(person));
  const find = (wanted: string): P | undefined => identities.find((one) => one.name === wanted);
  const isTheirs = (other: string): boolean => person(other) === person(name);
  if (find(name) === undefined || identities.some((one) => isTheirs(one.name) && decides(one))) return undefined;
  return given
    .filter(({ of, to }) => !isTheirs(of) && to.includes(name) && !barred.has(person(of)))
    .map(({ of }) => find(of))
    .find(decides);
};

/** The identities, of which one has the roles of the person whose place it is in. */
export const inPlaceOf = <P extends Person>(
  identities: readonly P[],
  name: string,
  of: P | undefined,
  place: Place,
): readonly P[] =>
  of === undefined
    ? identities
    : identities.map((one) => (one.name === name ? { ...one, roles: [...one.roles, ...rolesIn(of, place)] } : one));

/** Places that the operator gives to deputies once a person was silent for long enough. */
export const placesOfSilent = (identities: readonly Person[], silent: readonly string[]): readonly GivenPlace[] =>
  silent.map((of) => ({ of, to: identities.find(({ name }) => name === of)?.deputies ?? [] }));
