import type { Holder } from './types.js';

/** Whose identity it is. */
export const personOf = ({ name, person }: Pick<Holder, 'name' | 'person'>): string => person ?? name;

/** The person behind the name of an identity; a name that nobody has (any more) stands for itself. */
export const personsOf = (identities: readonly Pick<Holder, 'name' | 'person'>[]): ((name: string) => string) => {
  const persons = new Map(identities.map((identity) => [identity.name, personOf(identity)]));
  return (name) => persons.get(name) ?? name;
};
