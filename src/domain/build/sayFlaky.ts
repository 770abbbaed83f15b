import type { ToldStep } from './story.js';

/** Said before everything else: a step that was tried until it passed is not the same as one that passes. */
export const sayFlaky = ({ step, attempts }: ToldStep): string => {
  const failed = attempts.filter(({ passed }) => !passed).length;
  return `step ${step} failed and passed with the same inputs${failed === 0 ? ', earlier' : `: ${failed} of ${attempts.length} attempts failed`}`;
};
