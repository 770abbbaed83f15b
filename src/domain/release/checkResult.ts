import { sayDuration } from '../sayDuration.js';
import type { CheckSpec } from '../spec/types.js';
import type { CoverageSummary } from './coverage.js';
import type { TestSummary } from './junit.js';

/** How one check ended, as the evidence of the stage `integrate` has it. */
export interface CheckResult {
  readonly name: string;
  readonly kind: CheckSpec['kind'];
  readonly passed: boolean;
  readonly reason: string;
  /** Absent in evidence from before it was kept. */
  readonly durationMs?: number;
  readonly tests?: TestSummary;
  readonly coverage?: CoverageSummary;
}

/** How many there are, and how long they say that they took. */
export const sayTests = (tests: TestSummary | undefined): string =>
  tests === undefined
    ? ''
    : `${tests.total}${tests.durationMs === undefined ? '' : ` in ${sayDuration(tests.durationMs)}`}`;

export const sayCoverage = (coverage: CoverageSummary | undefined): string =>
  coverage === undefined
    ? ''
    : `${(coverage.lineRate * 100).toFixed(1)} %${coverage.lines === undefined ? '' : ` of ${coverage.lines} lines`}`;
