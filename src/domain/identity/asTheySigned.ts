import type { Holder } from './types.js';

/** What a statement says of who signed it, as the API knew them then. */
interface Signed {
  readonly sub: string;
  readonly roles: readonly string[];
}

/**
 * Everybody as they are now, and those who signed as they were when they did: what they said once was met for good, and does
 * not fall because they leave, or get another role, long after.
 */
export const asTheySigned = <H extends Holder>(
  identities: readonly H[],
  signed: readonly Signed[],
): readonly (H | Holder)[] => {
  const rolesOf = new Map<string, readonly string[]>();
  for (const { sub, roles } of signed) rolesOf.set(sub, [...(rolesOf.get(sub) ?? []), ...roles]);
  const gone = [...rolesOf].filter(([name]) => !identities.some((one) => one.name === name));
  return [
    ...identities.map((one): H => {
      const then = rolesOf.get(one.name);
      if (then === undefined) return one;
      const { revoked: _, conflict: _unclear, claims: _age, ...known } = one;
      return { ...(known as H), roles: [...one.roles, ...then] };
    }),
    ...gone.map(([name, roles]): Holder => ({ name, roles })),
  ];
};
