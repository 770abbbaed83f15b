import type { FeatureDrift, Finding, QualityCheck, RealisedPerformance } from './types.js';

/**
 * What a report found, one entry per kind and subject. Quality, drifting predictions and lost performance page a
 * person; features that drift alone are for the report.
 */
export const findingsOf = (
  quality: readonly QualityCheck[],
  features: readonly FeatureDrift[],
  prediction: FeatureDrift,
  performance: RealisedPerformance,
): readonly Finding[] => {
  const faults = quality.filter((check) => check.verdict === 'fail');
  const subjects = [...new Set(faults.map((check) => check.subject))];
  return [
    ...subjects.map((subject): Finding => {
      const reasons = faults
        .filter((check) => check.subject === subject)
        .map((check) => `${check.name}: ${check.reason}`);
      return { kind: 'quality', subject, reason: reasons.join('; '), pages: true };
    }),
    ...features
      .filter((feature) => feature.verdict === 'fail')
      .map(({ feature, reason }): Finding => ({ kind: 'drift', subject: feature, reason, pages: false })),
    ...(prediction.verdict === 'fail'
      ? [{ kind: 'prediction', subject: 'prediction', reason: prediction.reason, pages: true } as const]
      : []),
    ...(performance.verdict === 'fail'
      ? [{ kind: 'performance', subject: performance.metric, reason: performance.reason, pages: true } as const]
      : []),
  ];
};
