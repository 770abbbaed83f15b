import { SlipwayError } from '../../domain/errors/slipwayError.js';
import { minimumBreaches, type OperatorTerms } from '../../domain/spec/minimum.js';
import type { ReadFile } from '../dvc/readDvc.js';
import type { Spec } from '../../domain/spec/types.js';
import { problemsOfBreaches, type RuleBreach } from '../yaml/checkYaml.js';
import { formatProblem, type Problem } from '../yaml/problem.js';
import { readYaml } from '../yaml/readYaml.js';
import { parseSpec } from './parseSpec.js';
import { unknownEnvironments } from './unknownEnvironments.js';

/**
 * The spec of a slipway.yaml that is to be worked with. Errors: `spec_invalid`, `unknown_environment` where the operator
 * has no such environment, and `spec_below_minimum` where it asks less than the operator; all name every place.
 */
export const requireSpec = (text: string, file: string, terms: OperatorTerms = {}, read?: ReadFile): Spec => {
  const parsed = parseSpec(text, file, read);
  if (!parsed.ok) throw refusal('spec_invalid', parsed.problems);
  const { unknown, below } = againstTerms(text, file, parsed.spec, terms);
  if (unknown.length > 0) throw refusal('unknown_environment', unknown);
  if (below.length > 0) throw refusal('spec_below_minimum', below);
  return parsed.spec;
};

/** What of a valid slipway.yaml the operator does not have, and what asks less than the operator, with its place. */
export const againstTerms = (
  text: string,
  file: string,
  { environments }: Pick<Spec, 'environments'>,
  terms: OperatorTerms,
): { readonly unknown: readonly Problem[]; readonly below: readonly Problem[] } => {
  const unknown = unknownEnvironments(environments, terms.environments);
  const below = minimumBreaches(environments, terms.minimum ?? []);
  if (unknown.length + below.length === 0) return { unknown: [], below: [] };
  const reading = readYaml(text, file);
  const placed = (breaches: readonly RuleBreach[]) => problemsOfBreaches(breaches, reading, file);
  return { unknown: placed(unknown), below: placed(below) };
};

type Refusal = 'spec_invalid' | 'unknown_environment' | 'spec_below_minimum';

const refusal = (code: Refusal, problems: readonly Problem[]): SlipwayError =>
  new SlipwayError(code, problems.map(formatProblem).join('\n'), { problems });
