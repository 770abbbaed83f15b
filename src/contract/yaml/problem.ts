/** One mistake in a file that a person wrote: where it is, and what was expected there. */
export interface Problem {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  /** e.g. `gates[0].rules[1].max`; empty for the whole file. */
  readonly path: string;
  /** What is wrong, in a few words. */
  readonly message: string;
  readonly expected: string;
  /** The valid word that was probably meant. */
  readonly nearest?: string;
}

/** One line for people: `slipway.yaml:3:1: unknown key modle (expected one of ...; did you mean model?)`. */
export const formatProblem = (problem: Problem): string => {
  const where = `${problem.file}:${problem.line}:${problem.column}`;
  const path = problem.path === '' ? '' : `${problem.path}: `;
  const nearest = problem.nearest === undefined ? '' : `; did you mean ${problem.nearest}?`;
  return `${where}: ${path}${problem.message} (expected ${problem.expected}${nearest})`;
};
