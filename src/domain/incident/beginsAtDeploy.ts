import type { DriftReport } from '../drift/types.js';

type Judged = Pick<DriftReport, 'artifactDigest' | 'window'> & {
  readonly performance: Pick<DriftReport['performance'], 'verdict'>;
};

/**
 * Did the loss begin when the serving version was deployed? It did where the first window in which this version could
 * be judged failed, and the version before had not failed already in its last one. Without a judged window: no.
 *
 * @param reports of one environment, of any version, in any order
 */
export const beginsAtDeploy = (serving: string, reports: readonly Judged[]): boolean => {
  const judged = reports
    .filter(({ performance: { verdict } }) => verdict === 'pass' || verdict === 'fail' || verdict === 'inconclusive')
    .sort((a, b) => a.window.start - b.window.start);
  const first = judged.find((report) => report.artifactDigest === serving);
  if (first?.performance.verdict !== 'fail') return false;
  const before = judged
    .filter((report) => report.artifactDigest !== serving && report.window.start < first.window.end)
    .at(-1);
  return before?.performance.verdict !== 'fail';
};
