import type { Grant, Holder, Place } from './types.js';

/**
 * Roles that an identity has in one place, now. Whoever was revoked has none.
 *
 * @example rolesIn(identity, { model: 'flights', environment: 'production' }) // ['reviewer']
 */
export const rolesIn = (identity: Holder, place: Place): readonly string[] =>
  stands(identity)
    ? [
        ...new Set([
          ...identity.roles,
          ...grantsOf(identity).flatMap((grant) => (holds(grant, place) ? [grant.role] : [])),
        ]),
      ]
    : [];

/** Roles that an identity has in any place at all: what to look at before it is known where something is asked. */
export const rolesAnywhere = (identity: Holder): readonly string[] =>
  stands(identity) ? [...new Set([...identity.roles, ...grantsOf(identity).map(({ role }) => role)])] : [];

/** Whoever was revoked, or cannot be told apart from another, has nothing. */
const stands = ({ revoked, conflict }: Holder): boolean => revoked === undefined && conflict === undefined;

const grantsOf = ({ grants = [] }: Holder): readonly Grant[] => grants;

const holds = ({ models, environments }: Grant, { model, environment }: Place): boolean =>
  within(models, model) && within(environments, environment);

const within = (listed: readonly string[] | undefined, asked: string | undefined): boolean =>
  listed === undefined || (asked !== undefined && listed.includes(asked));

/** Names a place in an error. */
export const sayPlace = ({ model, environment }: Place): string =>
  [model === undefined ? '' : ` for ${model}`, environment === undefined ? '' : ` in ${environment}`].join('');
