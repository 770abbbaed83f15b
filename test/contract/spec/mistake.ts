import { readFileSync } from 'node:fs';
import { parseSpec } from '../../../src/contract/spec/parseSpec.js';
import { formatProblem } from '../../../src/contract/yaml/problem.js';

/** A slipway.yaml without a mistake. */
export const BASE = readFileSync(new URL('base.txt', import.meta.url), 'utf8');

/** What was changed in the base file, and every problem that must be reported, in order. */
export type Mistake = readonly [why: string, from: string, to: string, ...problems: string[]];

export const problemsOf = (text: string): readonly string[] => {
  const parsed = parseSpec(text, 'slipway.yaml');
  return parsed.ok ? [] : parsed.problems.map((problem) => formatProblem(problem).replace('slipway.yaml:', ''));
};
