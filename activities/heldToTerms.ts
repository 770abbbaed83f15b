import { unknownEnvironments } from '../src/contract/spec/unknownEnvironments.js';
import { nearestOf } from '../src/contract/yaml/checkYaml.js';
import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import {
  environmentBreaches,
  minimumBreaches,
  type MinimumBreach,
  type OperatorTerms,
} from '../src/domain/spec/minimum.js';
import type { EnvironmentSpec } from '../src/domain/spec/types.js';
import type { Ports } from './ports.js';

type Settings = Pick<Ports['settings'], 'models' | 'environments'>;

/** What the operator has and asks now of a model's slipway.yaml. */
export const termsOf = ({ models, environments }: Settings, model: string): Required<OperatorTerms> => ({
  minimum: models[model]?.minimum ?? [],
  environments,
});

/** `unknown_environment` and `spec_below_minimum` where a plan that was made earlier does not hold with the operator now. */
export const assertPlanHolds = (settings: Settings, model: string, environments: readonly EnvironmentSpec[]): void => {
  const terms = termsOf(settings, model);
  const fault = unknownFault(environments, terms) ?? breachFault(minimumBreaches(environments, terms.minimum));
  if (fault !== undefined) throw fault;
};

/** The same of the one environment that a release is about to enter. */
export const assertEnvironmentHolds = (settings: Settings, model: string, environment: EnvironmentSpec): void => {
  const fault = environmentFault(settings, model, environment);
  if (fault !== undefined) throw fault;
};

/** The same as an answer. A way in for hotfixes is looked at where one comes that way. */
export const termsFault = (
  settings: Settings,
  model: string,
  { hotfix: _, ...environment }: EnvironmentSpec,
): SlipwayError | undefined => environmentFault(settings, model, environment);

const environmentFault = (
  settings: Settings,
  model: string,
  environment: EnvironmentSpec,
): SlipwayError | undefined => {
  const terms = termsOf(settings, model);
  const asked = terms.minimum.find(({ name }) => name === environment.name);
  return (
    unknownFault([environment], terms) ??
    (asked === undefined ? undefined : breachFault(environmentBreaches(environment, 0, asked)))
  );
};

const unknownFault = (environments: readonly EnvironmentSpec[], terms: OperatorTerms): SlipwayError | undefined => {
  const unknown = unknownEnvironments(environments, terms.environments);
  if (unknown.length === 0) return undefined;
  const lines = unknown.map((breach) => {
    const near = nearestOf(breach);
    const meant = near === undefined ? '' : `; did you mean ${near}?`;
    return `slipway.yaml: ${breach.message} (expected ${breach.expected}${meant})`;
  });
  return new SlipwayError('unknown_environment', lines.join('\n'));
};

const breachFault = (breaches: readonly MinimumBreach[]): SlipwayError | undefined => {
  if (breaches.length === 0) return undefined;
  const lines = breaches.map(
    ({ environment, message, expected }) => `slipway.yaml, ${environment}: ${message} (expected ${expected})`,
  );
  return new SlipwayError('spec_below_minimum', lines.join('\n'), { breaches });
};
