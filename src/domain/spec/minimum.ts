import type { EnvironmentSpec } from './types.js';

/** What the operator asks of an environment, whatever a commit says. */
export interface EnvironmentMinimum {
  readonly name: string;
  /** Only these roles may approve, and at least so many of them must. */
  readonly approval?: { readonly roles: readonly string[]; readonly quorum: number };
  /** Gates that must be among its gates. */
  readonly gates: readonly string[];
}

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
  { name, approval, gates }: EnvironmentSpec,
  at: number,
  asked: EnvironmentMinimum,
): readonly MinimumBreach[] => {
  const breach = (path: MinimumBreach['path'], message: string): MinimumBreach => ({
    environment: name,
    path: ['environments', at, ...path],
    message,
    expected: describeMinimum(asked),
  });
  const missing = asked.gates
    .filter((gate) => !gates.includes(gate))
    .map((gate) => breach(['gates'], `leaves out the gate ${gate}`));
  if (asked.approval === undefined) return missing;
  if (approval.kind !== 'required') return [breach(['approval'], 'asks nobody'), ...missing];
  const { roles, quorum } = asked.approval;
  return [
    ...approval.roles.flatMap((role, index) =>
      roles.includes(role) ? [] : [breach(['approval', 'roles', index], `lets ${role} approve`)],
    ),
    ...(approval.quorum < quorum ? [breach(['approval', 'quorum'], `asks only ${approval.quorum}`)] : []),
    ...missing,
  ];
};

const describeMinimum = ({ name, approval, gates }: EnvironmentMinimum): string => {
  const parts = [
    ...(approval === undefined ? [] : [`approval by at least ${approval.quorum} of ${approval.roles.join(', ')}`]),
    ...(gates.length === 0 ? [] : [`the gates ${gates.join(', ')}`]),
  ];
  return `${name}${parts.length === 0 ? '' : ` with ${parts.join(' and ')}`}, which the operator asks for`;
};
