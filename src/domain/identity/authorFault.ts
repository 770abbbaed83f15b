import type { ErrorCode } from '../errors/table.js';
import type { Authorship } from '../release/types.js';
import { personsOf } from './person.js';
import type { Holder } from './types.js';

/** Everybody who had a hand in a release: who wrote it, who pushed or started it, who had it told on. */
export const handsOf = ({
  authors,
  trigger,
  resumedBy = [],
}: Pick<Authorship, 'authors' | 'trigger' | 'resumedBy'>): readonly string[] => [...authors, trigger, ...resumedBy];

/**
 * Why somebody may neither approve a release nor let it past what holds it back: they, also as another identity of the
 * same person, had a hand in it; or it is not known who wrote it. Undefined where nothing of that is so.
 */
export const authorFault = (
  name: string,
  authorship: Authorship,
  identities: readonly Pick<Holder, 'name' | 'person'>[],
): { readonly code: ErrorCode; readonly reason: string } | undefined => {
  const { authors, resumedBy = [], unknown } = authorship;
  const person = personsOf(identities);
  const isTheirs = (other: string): boolean => person(other) === person(name);
  if ([...authors, authorship.trigger].some(isTheirs))
    return { code: 'self_approval', reason: `${name} wrote or triggered this release` };
  if (resumedBy.some(isTheirs)) return { code: 'self_approval', reason: `${name} resumed this release` };
  if (unknown.length === 0 && authors.length > 0) return undefined;
  const who = unknown.length > 0 ? unknown.join(', ') : 'nobody';
  return { code: 'unknown_author', reason: `the commits were written by ${who}, who is no known identity` };
};
