import { sayCoverage, sayTests, type CheckResult } from '../release/checkResult.js';
import { sayDuration } from '../sayDuration.js';
import { table, verdictMark } from './html.js';

/** What the code's own tests say, and how much of it they are: tests that were skipped say nothing. */
export const checkSection = (integrate: Readonly<Record<string, unknown>> | undefined): string => {
  const checks = (integrate?.['checks'] ?? []) as readonly CheckResult[];
  if (checks.length === 0) return '';
  const rows = checks.map(({ name, kind, passed, durationMs, tests, coverage, reason }) => [
    name,
    kind,
    verdictMark(passed ? 'pass' : 'fail'),
    sayDuration(durationMs),
    sayTests(tests),
    tests?.skipped,
    tests?.failing.join(', '),
    sayCoverage(coverage),
    passed ? '' : reason,
  ]);
  const header = ['Check', 'Kind', 'Verdict', 'Took', 'Tests', 'Skipped', 'Failing', 'Coverage', 'Why'];
  return `<h2>Checks</h2>${table('Run in a clean checkout of the commit', header, rows)}`;
};
