/** Whose word an environment asks for. */
export interface ApprovalRule {
  /** Any one of these roles suffices to decide. */
  readonly roles: readonly string[];
  /** How many different people must approve. */
  readonly quorum: number;
  /** Of whom so many must have one of these roles; who has a role of a group may decide, too. */
  readonly groups?: readonly ApprovalGroup[];
}

export interface ApprovalGroup {
  readonly roles: readonly string[];
  readonly quorum: number;
}

/** Every role that lets somebody decide. */
export const decidingRoles = ({ roles, groups = [] }: Pick<ApprovalRule, 'roles' | 'groups'>): readonly string[] => [
  ...new Set([...roles, ...groups.flatMap((group) => group.roles)]),
];

/** "2 of reviewer, risk, with at least 1 of risk": the whole rule in words. */
export const sayRule = (rule: ApprovalRule): string => {
  const groups = (rule.groups ?? []).map(({ roles, quorum }) => `at least ${quorum} of ${roles.join(', ')}`);
  return `${rule.quorum} of ${decidingRoles(rule).join(', ')}${groups.length === 0 ? '' : `, with ${groups.join(' and ')}`}`;
};
