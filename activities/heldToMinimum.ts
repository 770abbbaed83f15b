import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import { environmentBreaches, minimumBreaches, type MinimumBreach } from '../src/domain/spec/minimum.js';
import type { EnvironmentSpec } from '../src/domain/spec/types.js';
import type { Ports } from './ports.js';

type Settings = Pick<Ports['settings'], 'models'>;

/** `spec_below_minimum` where a plan that was made earlier asks less than the operator does now. */
export const assertPlanHolds = ({ models }: Settings, model: string, environments: readonly EnvironmentSpec[]): void =>
  refuse(minimumBreaches(environments, models[model]?.minimum ?? []));

/** The same of the one environment that a release is about to enter. */
export const assertEnvironmentHolds = ({ models }: Settings, model: string, environment: EnvironmentSpec): void => {
  const asked = models[model]?.minimum?.find(({ name }) => name === environment.name);
  if (asked !== undefined) refuse(environmentBreaches(environment, 0, asked));
};

const refuse = (breaches: readonly MinimumBreach[]): void => {
  if (breaches.length === 0) return;
  const lines = breaches.map(
    ({ environment, message, expected }) => `slipway.yaml, ${environment}: ${message} (expected ${expected})`,
  );
  throw new SlipwayError('spec_below_minimum', lines.join('\n'), { breaches });
};
