import type { StepResult } from '../src/ports/stepRunner.js';

export const succeeded = (result: StepResult): boolean => result.end.kind === 'exited' && result.end.code === 0;

/** How a command ended, in words, with its last lines. */
export const describeEnd = (name: string, timeoutMs: number, result: StepResult): string => {
  const how =
    result.end.kind === 'timeout'
      ? `ran past its timeout of ${timeoutMs / 1000} s`
      : result.end.kind === 'killed'
        ? `was killed by ${result.end.signal}`
        : `exited with code ${result.end.code}`;
  const tail = result.tail.trimEnd();
  return `${name} ${how}${tail === '' ? '' : `; its last lines:\n${tail}`}`;
};
