import type { ReleasePlan } from '../release/plan.js';
import type { Asking } from '../approval/asking.js';
import type { EnvironmentSpec, RequiredApproval } from '../spec/types.js';

/** Kind of the entry in a release's stream which says that somebody who may declared it a hotfix. */
export const HOTFIX_DECLARED = 'hotfix.declared';

interface Entry {
  readonly kind: string;
}

/** Only the API writes the entry, for somebody with a role; that a workflow was started as a hotfix says nothing. */
export const isDeclaredHotfix = (entries: readonly Entry[]): boolean =>
  entries.some(({ kind }) => kind === HOTFIX_DECLARED);

/**
 * What people are asked for of a declared hotfix, in this environment of its own spec: to review it afterwards by the rule of
 * every other release, where it came in by a rule of its own; else to let it in, as of any release. Undefined: nobody is asked.
 */
export const lookedAtBy = (
  environment: EnvironmentSpec,
): { readonly asking: Asking; readonly approval: RequiredApproval } | undefined => {
  const planned = asHotfix(environment);
  const review = asReviewed(planned);
  const [asking, approval] =
    review === undefined ? (['approve', planned.approval] as const) : (['review', review.approval] as const);
  return approval.kind === 'required' ? { asking, approval } : undefined;
};

/** Has any environment a way in for hotfixes? */
export const takesHotfixes = (environments: readonly EnvironmentSpec[]): boolean =>
  environments.some(({ hotfix }) => hotfix !== undefined);

/**
 * How a hotfix passes these environments: where one has a way in for it, by that rule and soak time, and with a review
 * afterwards by the rule of every other release. Smoke tests, gates and rollouts stay as they are.
 */
export const hotfixPlan = (plan: ReleasePlan): ReleasePlan => ({
  ...plan,
  environments: plan.environments.map(asHotfix),
});

/** One environment as a hotfix passes it. */
export const asHotfix = (environment: EnvironmentSpec): EnvironmentSpec => {
  const { soakMs: _, ...same } = environment;
  const { hotfix, approval } = environment;
  if (hotfix === undefined) return environment;
  const soak = hotfix.soakMs === undefined ? {} : { soakMs: hotfix.soakMs };
  return hotfix.approval === undefined || approval.kind !== 'required'
    ? { ...same, ...soak }
    : {
        ...same,
        ...soak,
        approval: hotfix.approval,
        review: { approval, withinMs: hotfix.reviewWithinMs },
      };
};

/** The environment as its review asks for it: the rule of every other release, with an end of its own. */
export const asReviewed = (environment: EnvironmentSpec): EnvironmentSpec | undefined =>
  environment.review === undefined
    ? undefined
    : { ...environment, approval: { ...environment.review.approval, expireAfterMs: environment.review.withinMs } };
