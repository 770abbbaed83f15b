import { describeCap } from '../src/domain/release/logCap.js';
import type { TestSummary } from '../src/domain/release/junit.js';
import type { StepResult } from '../src/ports/stepRunner.js';

export const succeeded = (result: StepResult): boolean => result.end.kind === 'exited' && result.end.code === 0;

/** How a command ended, in words: the tests that failed where it reported some, and its last lines. */
export const describeEnd = (name: string, timeoutMs: number, result: StepResult, tests?: TestSummary): string => {
  const how = describeEndShortly(timeoutMs, result);
  const failing = tests === undefined || tests.failing.length === 0 ? '' : `; ${describeFailing(tests)}`;
  const cap = result.logCapped ? `; ${describeCap(result.logBytes)}` : '';
  const tail = result.tail.trimEnd();
  return `${name} ${how}${failing}${cap}${tail === '' ? '' : `; its last lines:\n${tail}`}`;
};

/** Without its last lines. */
export const describeEndShortly = (timeoutMs: number, { end }: Pick<StepResult, 'end'>): string => {
  if (end.kind === 'timeout') return `ran past its timeout of ${timeoutMs / 1000} s`;
  return end.kind === 'killed' ? `was killed by ${end.signal}` : `exited with code ${end.code}`;
};

/** Names are cut off at 50 by those who count. */
export const describeFailing = ({ total, failing }: TestSummary): string =>
  `${failing.length} of ${total} tests failed: ${failing.join(', ')}`;
