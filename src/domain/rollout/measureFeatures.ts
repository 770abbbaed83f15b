import type { AnalysisSpec } from '../spec/types.js';
import { distanceInterval } from '../statistics/distanceInterval.js';
import { distanceOf, type Measurement } from './measureStep.js';
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
  alpha: number,
  champion?: Control,
): readonly Measurement[] => {
  const measured = Object.entries(references).flatMap(([feature, reference]) => {
    const counts = candidate.features[feature];
    if (counts === undefined || total(counts) === 0) return [];
    return [
      measureFeature(
        { feature, reference, counts, requests: candidate.requests },
        spec.maxFeatureDistance,
        alpha,
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

const measureFeature = (live: Live, limit: number, alpha: number, champion: Control | undefined): Measurement => {
  const { reference, counts, requests } = live;
  const name = `feature_distance.${live.feature}`;
  const theirs = champion?.references[live.feature];
  const control = champion?.counters.features[live.feature];
  if (reference.counts.length !== counts.length) return { name, value: 1, limit, verdict: 'error' };
  if (champion === undefined || control?.length !== theirs?.counts.length || theirs?.kind !== reference.kind) {
    const [before, now] = knownAndNew(reference.counts, counts);
    return distanceOf(name, before, now, limit, alpha, { current: requests });
  }
  const champions = champion.counters.requests;
  if (reference.kind === 'numeric') {
    const [before, now] = [rankHistogram(theirs, control ?? []), rankHistogram(reference, counts)];
    return distanceOf(name, before, now, limit, alpha, { reference: champions, current: requests });
  }
  const { distance } = distanceInterval(theirs.counts, control ?? [], 0.05, { current: champions });
  return distanceOf(name, reference.counts, counts, limit + (distance || 0), alpha, { current: requests });
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
