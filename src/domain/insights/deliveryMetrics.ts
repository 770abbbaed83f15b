import type { ReleaseOutcome, ReleaseView, StageName } from '../release/types.js';
import { countBypasses, type Bypasses } from '../urgency/bypasses.js';
import { whereWaited } from './whereWaited.js';

export interface Distribution {
  readonly count: number;
  readonly median: number;
  /** Nearest rank. */
  readonly p90: number;
  readonly max: number;
}

/** A share with what it is a share of; `share` is absent where there is nothing to divide by. */
export interface Rate {
  readonly count: number;
  readonly of: number;
  readonly share?: number;
}

export interface DeliveryMetrics {
  readonly releases: number;
  /** Not ended yet. */
  readonly underWay: number;
  readonly outcomes: Readonly<Partial<Record<ReleaseOutcome, number>>>;
  /** Milliseconds from the trigger (a commit seen) to the end of promoted releases. */
  readonly leadTime?: Distribution;
  /** Milliseconds of waiting for people, of releases that asked them. */
  readonly humanWait?: Distribution;
  /** Milliseconds by stage (and environment), the greatest total first. */
  readonly stages: readonly (Distribution & {
    readonly stage: StageName | 'between stages';
    readonly environment?: string;
    readonly total: number;
  })[];
  /** Of releases that reached a gate. */
  readonly gateBlocks: Rate;
  /** Of releases that came as far as the traffic of the last environment. */
  readonly rollbacks: Rate;
  /** Promoted, of the retrains that ended. */
  readonly retrainWins: Rate;
  /** How often people went around what releases wait for. */
  readonly bypasses: Bypasses;
}

/**
 * How the delivery of models does, over releases that are given: lead time, where it waits, how often gates and
 * rollouts stop something. After the four keys of DORA, for models. Order does not matter.
 *
 * @param now end of what is still under way, epoch milliseconds
 */
export const deliveryMetrics = (releases: readonly ReleaseView[], now: number): DeliveryMetrics => {
  const ended = releases.filter((release) => release.outcome !== undefined);
  const leadTime = distribution(
    ended.filter(isPromoted).map((release) => (release.endedAt ?? now) - release.trigger.at),
  );
  const humanWait = distribution(releases.filter(askedPeople).map((release) => waitForPeople(release, now)));
  const gated = ended.filter((release) =>
    release.stages.some((stage) => stage.name === 'gate' && stage.startedAt !== undefined),
  );
  const shifted = ended.filter((release) => isPromoted(release) || release.outcome === 'rolled_back');
  const retrains = ended.filter((release) => release.trigger.kind === 'retrain');
  return {
    releases: releases.length,
    underWay: releases.length - ended.length,
    outcomes: countOutcomes(ended),
    ...(leadTime === undefined ? {} : { leadTime }),
    ...(humanWait === undefined ? {} : { humanWait }),
    stages: byStage(releases, now),
    gateBlocks: rate(gated.filter((release) => release.outcome === 'blocked').length, gated.length),
    rollbacks: rate(shifted.filter((release) => release.outcome === 'rolled_back').length, shifted.length),
    retrainWins: rate(retrains.filter(isPromoted).length, retrains.length),
    bypasses: countBypasses(releases),
  };
};

const isPromoted = ({ outcome }: ReleaseView): boolean => outcome === 'promoted' || outcome === 'provisional';

const askedPeople = ({ stages }: ReleaseView): boolean =>
  stages.some((stage) => (stage.name === 'approve' || stage.name === 'review') && stage.startedAt !== undefined);

const waitForPeople = (release: ReleaseView, now: number): number =>
  whereWaited(release, now)
    .filter((span) => span.who === 'people')
    .reduce((sum, span) => sum + span.milliseconds, 0);

const countOutcomes = (ended: readonly ReleaseView[]): DeliveryMetrics['outcomes'] => {
  const counts: Partial<Record<ReleaseOutcome, number>> = {};
  for (const { outcome } of ended) if (outcome !== undefined) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
};

const byStage = (releases: readonly ReleaseView[], now: number): DeliveryMetrics['stages'] => {
  const spans = releases.flatMap((release) => whereWaited(release, now));
  const keys = [...new Set(spans.map(({ stage, environment }) => JSON.stringify([stage, environment])))];
  return keys
    .flatMap((key) => {
      const own = spans.filter(({ stage, environment }) => JSON.stringify([stage, environment]) === key);
      const times = own.map((span) => span.milliseconds);
      const [first] = own;
      const shape = distribution(times);
      if (first === undefined || shape === undefined) return [];
      const { stage, environment } = first;
      return [
        {
          stage,
          ...(environment === undefined ? {} : { environment }),
          ...shape,
          total: times.reduce((sum, time) => sum + time, 0),
        },
      ];
    })
    .sort((a, b) => b.total - a.total);
};

const distribution = (values: readonly number[]): Distribution | undefined => {
  const sorted = [...values].sort((a, b) => a - b);
  const max = sorted.at(-1);
  if (max === undefined) return undefined;
  const at = (rank: number): number => sorted[Math.min(sorted.length - 1, Math.max(0, rank))] ?? max;
  const middle = (sorted.length - 1) / 2;
  const median = (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2;
  return { count: sorted.length, median, p90: at(Math.ceil(0.9 * sorted.length) - 1), max };
};

const rate = (count: number, of: number): Rate => ({ count, of, ...(of === 0 ? {} : { share: count / of }) });
