import type { AnalysisSpec } from '../spec/types.js';
import { shareAtLeast } from '../statistics/betaMixture.js';
import { distanceInterval } from '../statistics/distanceInterval.js';
import { jensenShannonDivergence } from '../statistics/distances.js';
import { uniformLevel } from '../statistics/uniformLevel.js';
import type { LookRule } from './falseAborts.js';
import { besideChampion, distanceOf, judge, type Measurement } from './measureStep.js';
import { rankHistogram } from './rankHistogram.js';
import type { ReferenceHistogram, TrafficCounters } from './types.js';

export type References = Readonly<Record<string, ReferenceHistogram>>;

interface Control {
  readonly counters: TrafficCounters;
  readonly references: References;
}

/**
 * How far the candidate's live features are from those it was trained on. Traffic of minutes is far from any training
 * in its hour or weekday, so that only a control tells: the champion, on the same interval. Numbers must rank in the
 * candidate's training as they rank in the champion's; categories may be as far from training as the champion's are
 * from its own, and farther by the limit. Without a control only what the training never had counts.
 */
export const measureFeatures = (
  candidate: TrafficCounters,
  references: References,
  spec: AnalysisSpec,
  rule: LookRule,
  champion?: Control,
): readonly Measurement[] => {
  const measured = Object.entries(references).flatMap(([feature, reference]) => {
    const counts = candidate.features[feature];
    if (counts === undefined || total(counts) === 0) return [];
    return [
      measureFeature(
        { feature, reference, counts, requests: candidate.requests },
        spec.maxFeatureDistance,
        rule,
        champion,
      ),
    ];
  });
  // Features that a target does not count are not looked at; where it counts none, there is no evidence.
  if (measured.length > 0 || Object.keys(references).length === 0) return measured;
  return [{ name: 'feature_distance', value: 0, limit: spec.maxFeatureDistance, verdict: 'insufficient_data' }];
};

interface Live {
  readonly feature: string;
  readonly reference: ReferenceHistogram;
  readonly counts: readonly number[];
  readonly requests: number;
}

const measureFeature = (live: Live, limit: number, rule: LookRule, champion: Control | undefined): Measurement => {
  const { reference, counts, requests } = live;
  const name = `feature_distance.${live.feature}`;
  const theirs = champion?.references[live.feature];
  const control = champion?.counters.features[live.feature];
  if (reference.counts.length !== counts.length) return { name, value: 1, limit, verdict: 'error' };
  if (champion === undefined || control?.length !== theirs?.counts.length || theirs?.kind !== reference.kind)
    return measureUnseen(name, live, limit, rule);
  const champions = champion.counters.requests;
  if (reference.kind === 'numeric') {
    const [before, now] = [rankHistogram(theirs, control ?? []), rankHistogram(reference, counts)];
    return besideChampion(name, { counts: before, requests: champions }, { counts: now, requests }, limit, rule);
  }
  const known = { alpha: rule.alpha / 2, share: rule.share, tightAt: rule.tightAt };
  const level = uniformLevel(champions, known.alpha, (rule.tightAt * (1 - rule.share)) / rule.share);
  const { distance, interval } = distanceInterval(theirs.counts, control ?? [], level, { current: champions });
  const allowed = limit + (distance || 0);
  const far = distanceOf(name, reference.counts, { counts, requests }, allowed, known);
  // The champion's own distance is an estimate, too: what chance may have hidden of it is allowed before anything fails.
  const most = distanceOf(name, reference.counts, { counts, requests }, limit + (interval[1] || 0), known);
  return far.verdict === 'fail' && most.verdict !== 'fail' ? { ...far, verdict: 'inconclusive' } : far;
};

/** Without a control only what the training never had counts: how far its share is from what it was then. */
const measureUnseen = (
  name: string,
  { reference, counts, requests }: Live,
  limit: number,
  rule: LookRule,
): Measurement => {
  const [before, now] = knownAndNew(reference.counts, counts);
  const { distance } = distanceInterval(before, now, 0.5, { current: requests });
  const rows = total(now);
  const unseen = (now[1] ?? 0) / rows;
  const least = shareAtLeast({ count: unseen * Math.min(rows, requests), total: Math.min(rows, requests) }, rule.alpha);
  const trained = (before[1] ?? 0) / total(before);
  const nearest = Math.sqrt(Math.max(0, jensenShannonDivergence([1 - trained, trained], [1 - least, least])));
  return judge(name, distance, least > trained && nearest > limit, limit);
};

/** A bin that held less than this share of the training counts as never seen. */
const NEVER_SEEN = 0.001;

/** Both histograms on two bins: what the training had, and what it never had. */
const knownAndNew = (
  trained: readonly number[],
  live: readonly number[],
): readonly [readonly number[], readonly number[]] => {
  const all = total(trained);
  const isNew = trained.map((count) => count < all * NEVER_SEEN);
  const fold = (counts: readonly number[]): readonly number[] => {
    const unseen = counts.reduce((sum, count, bin) => sum + (isNew[bin] === true ? count : 0), 0);
    return [total(counts) - unseen, unseen];
  };
  return [fold(trained), fold(live)];
};

const total = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);
