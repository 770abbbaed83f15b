import { SlipwayError } from '../../domain/errors/slipwayError.js';
import { minimumBreaches, type EnvironmentMinimum } from '../../domain/spec/minimum.js';
import type { ReadFile } from '../dvc/readDvc.js';
import type { Spec } from '../../domain/spec/types.js';
import { formatProblem, type Problem } from '../yaml/problem.js';
import { showPath } from '../yaml/problemsOf.js';
import { readYaml } from '../yaml/readYaml.js';
import { parseSpec } from './parseSpec.js';

/**
 * The spec of a slipway.yaml that is to be worked with. Errors: `spec_invalid`, and `spec_below_minimum` where it asks
 * less than the operator; both name every place.
 */
export const requireSpec = (
  text: string,
  file: string,
  minimum: readonly EnvironmentMinimum[] = [],
  read?: ReadFile,
): Spec => {
  const parsed = parseSpec(text, file, read);
  if (!parsed.ok) throw refusal('spec_invalid', parsed.problems);
  const below = belowMinimum(text, file, parsed.spec, minimum);
  if (below.length > 0) throw refusal('spec_below_minimum', below);
  return parsed.spec;
};

/** What of a valid slipway.yaml asks less than the operator, with its place. */
export const belowMinimum = (
  text: string,
  file: string,
  { environments }: Pick<Spec, 'environments'>,
  minimum: readonly EnvironmentMinimum[],
): readonly Problem[] => {
  const breaches = minimumBreaches(environments, minimum);
  if (breaches.length === 0) return [];
  const { place } = readYaml(text, file);
  return breaches.map(({ path, message, expected }) => ({
    file,
    ...place(path),
    path: showPath(path),
    message,
    expected,
  }));
};

const refusal = (code: 'spec_invalid' | 'spec_below_minimum', problems: readonly Problem[]): SlipwayError =>
  new SlipwayError(code, problems.map(formatProblem).join('\n'), { problems });
