import { neverProven } from '../../domain/release/judgeAutomatic.js';
import type { Spec } from '../../domain/spec/types.js';
import { problemsOfBreaches } from '../yaml/checkYaml.js';
import type { Problem } from '../yaml/problem.js';
import { readYaml } from '../yaml/readYaml.js';

/**
 * What a valid slipway.yaml asks for that can never come to be, with its place: it is no mistake of form, and every
 * release would hear of it only at the end.
 */
export const specWarnings = (
  text: string,
  file: string,
  { environments }: Pick<Spec, 'environments'>,
): readonly Problem[] => {
  const breaches = neverProven(environments).map((at) => ({
    path: ['environments', at, 'approval'],
    message: `${environments[at]?.name ?? ''} will refuse every release: no environment before it has a smoke test or a gate, so nothing proves a version`,
    expected: `verify: { smokeRows: 100 } or gates in ${environments[at - 1]?.name ?? ''}, or approval: { roles: [...] } here`,
  }));
  return breaches.length === 0 ? [] : problemsOfBreaches(breaches, readYaml(text, file), file);
};
