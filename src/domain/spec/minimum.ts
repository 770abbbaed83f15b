import { decidingRoles, sayRule, type ApprovalGroup, type ApprovalRule } from '../approval/approvalRule.js';
import { sayDuration } from '../sayDuration.js';
import type { EnvironmentSpec, RequiredApproval } from './types.js';

/** What the operator asks of an environment, whatever a commit says. */
export interface EnvironmentMinimum {
  readonly name: string;
  /** Only these roles may approve, and at least so many of them must. */
  readonly approval?: ApprovalRule;
  /** Gates that must be among its gates. */
  readonly gates: readonly string[];
  /** What a hotfix must meet; absent: `approval`, as every other release. */
  readonly hotfix?: HotfixMinimum;
}

/** `forbidden`: there is no other way in than that of every release. */
export type HotfixMinimum =
  'forbidden' | { readonly approval?: ApprovalRule; /** At most. */ readonly reviewWithinMs?: number };

/** What a slipway.yaml is held to, whatever its author wrote. */
export interface OperatorTerms {
  /** In the order of its environments; nothing where absent. */
  readonly minimum?: readonly EnvironmentMinimum[];
  /** Names of the environments that there are; not compared where absent. */
  readonly environments?: readonly string[];
}

export interface MinimumBreach {
  readonly environment: string;
  /** Where in slipway.yaml. */
  readonly path: readonly (string | number)[];
  readonly message: string;
  /** What the operator asks. */
  readonly expected: string;
}

/**
 * Where a commit asks less than the operator: an environment left out or moved in front of one that guards it, an
 * approval of other people or of fewer, a gate left out. Asking for more is fine.
 */
export const minimumBreaches = (
  environments: readonly EnvironmentSpec[],
  minimum: readonly EnvironmentMinimum[],
): readonly MinimumBreach[] => {
  const positions = minimum.map(({ name }) => environments.findIndex((one) => one.name === name));
  return minimum.flatMap((asked, index): readonly MinimumBreach[] => {
    const at = positions[index] ?? -1;
    const environment = environments[at];
    if (environment === undefined) {
      const message = `${asked.name} is left out`;
      return [{ environment: asked.name, path: ['environments'], message, expected: describeMinimum(asked) }];
    }
    const guard = minimum[positions.findIndex((other, earlier) => earlier < index && other > at)];
    return [
      ...(guard === undefined
        ? []
        : [
            {
              environment: asked.name,
              path: ['environments', at, 'name'],
              message: `${asked.name} comes before ${guard.name}`,
              expected: `${asked.name} behind ${guard.name}, as the operator lists them`,
            },
          ]),
      ...environmentBreaches(environment, at, asked),
    ];
  });
};

/** The same of one environment by itself, as a release that is under way has it. */
export const environmentBreaches = (
  environment: EnvironmentSpec,
  at: number,
  asked: EnvironmentMinimum,
): readonly MinimumBreach[] => {
  const { name, gates } = environment;
  const breach = (path: MinimumBreach['path'], message: string): MinimumBreach => ({
    environment: name,
    path: ['environments', at, ...path],
    message,
    expected: describeMinimum(asked),
  });
  const missing = asked.gates
    .filter((gate) => !gates.includes(gate))
    .map((gate) => breach(['gates'], `leaves out the gate ${gate}`));
  // In the plan of a hotfix its own rule stands where that of every other release does, and that in its review.
  const approval = environment.review?.approval ?? environment.approval;
  const hotfix = hotfixFaults(environment, asked).map(([path, message]) => breach(['hotfix', ...path], message));
  if (asked.approval === undefined) return [...missing, ...hotfix];
  if (approval.kind !== 'required') return [breach(['approval'], 'asks nobody'), ...missing, ...hotfix];
  const lax = ruleFaults(approval, asked.approval).map(([path, message]) => breach(['approval', ...path], message));
  return [...lax, ...missing, ...hotfix];
};

type Fault = readonly [path: MinimumBreach['path'], message: string];

/** Where a rule asks less than another one. */
const ruleFaults = (approval: RequiredApproval, asked: ApprovalRule): readonly Fault[] => {
  const { quorum, groups = [] } = asked;
  const allowed = decidingRoles(asked);
  const strangers = (listed: readonly string[], path: MinimumBreach['path']): readonly Fault[] =>
    listed.flatMap((role, index) =>
      allowed.includes(role) ? [] : [[[...path, index], `lets ${role} approve`] as const],
    );
  return [
    ...strangers(approval.roles, ['roles']),
    ...(approval.groups ?? []).flatMap((group, index) => strangers(group.roles, ['groups', index, 'roles'])),
    ...(approval.escalateDecides === true ? strangers(approval.escalateTo ?? [], ['escalateTo']) : []),
    ...(approval.quorum < quorum ? [[['quorum'], `asks only ${approval.quorum}`] as const] : []),
    ...groups
      .filter((group) => !asksFor(approval, group))
      .map((group) => [[], `does not ask for ${group.quorum} of ${group.roles.join(', ')}`] as const),
  ];
};

const hotfixFaults = ({ hotfix }: EnvironmentSpec, asked: EnvironmentMinimum): readonly Fault[] => {
  if (hotfix === undefined) return [];
  if (asked.hotfix === 'forbidden') return [[[], 'is a way in that the operator forbids']];
  const { approval: floor = asked.approval, reviewWithinMs = Infinity } = asked.hotfix ?? {};
  const { approval } = hotfix;
  return [
    ...(approval === undefined || floor === undefined
      ? []
      : ruleFaults(approval, floor).map(([path, message]): Fault => [['approval', ...path], message])),
    ...(approval !== undefined && hotfix.reviewWithinMs > reviewWithinMs
      ? [[['reviewWithin'], `is longer than ${sayDuration(reviewWithinMs)}`] as const]
      : []),
  ];
};

/** Does the operator let this environment's own way in for hotfixes be? */
export const allowsHotfix = (environment: EnvironmentSpec, minimum: readonly EnvironmentMinimum[]): boolean => {
  const asked = minimum.find(({ name }) => name === environment.name);
  return asked === undefined || hotfixFaults(environment, asked).length === 0;
};

/** Can nobody be approved without as many of the group: because a group of its own asks so, or because nobody else may approve? */
const asksFor = (rule: ApprovalRule, { roles, quorum }: ApprovalGroup): boolean =>
  [...(rule.groups ?? []), { roles: decidingRoles(rule), quorum: rule.quorum }].some(
    (own) => own.quorum >= quorum && own.roles.every((role) => roles.includes(role)),
  );

const describeMinimum = ({ name, approval, gates, hotfix }: EnvironmentMinimum): string => {
  const parts = [
    ...(approval === undefined ? [] : [`approval by at least ${sayRule(approval)}`]),
    ...(gates.length === 0 ? [] : [`the gates ${gates.join(', ')}`]),
    ...(hotfix === undefined ? [] : [sayHotfix(hotfix)]),
  ];
  return `${name}${parts.length === 0 ? '' : ` with ${parts.join(' and ')}`}, which the operator asks for`;
};

const sayHotfix = (hotfix: HotfixMinimum): string => {
  if (hotfix === 'forbidden') return 'no hotfixes';
  const { approval, reviewWithinMs } = hotfix;
  const by = approval === undefined ? '' : ` approved by at least ${sayRule(approval)}`;
  return `hotfixes${by}${reviewWithinMs === undefined ? '' : ` reviewed within ${sayDuration(reviewWithinMs)}`}`;
};
