import type { ReleaseView, StageName } from '../release/types.js';

export interface Span {
  readonly stage: StageName | 'between stages';
  readonly environment?: string;
  readonly milliseconds: number;
  /** Part of the whole, 0 to 1. */
  readonly share: number;
  /** Who was waited for: `people` in approvals, `machines` else. */
  readonly who: 'people' | 'machines';
}

/**
 * Where the time of a release went, the longest first. Stages of which only one instant is known count as no time;
 * what lies in no stage is `between stages`.
 *
 * @param now end of what is still under way, epoch milliseconds
 */
export const whereWaited = (
  release: Pick<ReleaseView, 'startedAt' | 'endedAt' | 'stages'>,
  now: number,
): readonly Span[] => {
  const end = release.endedAt ?? now;
  const whole = Math.max(0, end - release.startedAt);
  const spans = release.stages
    .filter((stage) => stage.startedAt !== undefined)
    .map((stage) => ({
      stage: stage.name,
      ...(stage.environment === undefined ? {} : { environment: stage.environment }),
      milliseconds: Math.max(0, (stage.endedAt ?? end) - (stage.startedAt ?? end)),
      who: stage.name === 'approve' || stage.name === 'review' ? ('people' as const) : ('machines' as const),
    }));
  const between = Math.max(0, whole - spans.reduce((sum, span) => sum + span.milliseconds, 0));
  return [...spans, { stage: 'between stages' as const, milliseconds: between, who: 'machines' as const }]
    .filter((span) => span.milliseconds > 0)
    .map((span) => ({ ...span, share: whole === 0 ? 0 : span.milliseconds / whole }))
    .sort((a, b) => b.milliseconds - a.milliseconds);
};
