import type { Digest } from '../../domain/artifact/types.js';
import type { FrozenReference } from '../../domain/artifact/contents.js';
import { predictionEdges, PREDICTION_BINS } from '../../domain/drift/freezeReference.js';
import { binIndex } from '../../domain/drift/histogram.js';
import { LATENCY_BUCKETS_MS, latencyBucket } from '../../domain/rollout/latencyBuckets.js';
import type { Fence, ReferenceHistogram, TrafficCounters } from '../../domain/rollout/types.js';
import type { FeatureSpec } from '../../domain/spec/types.js';
import type { Tensor } from '../../domain/inference/tensors.js';

const PREDICTIONS: ReferenceHistogram = { kind: 'numeric', edges: predictionEdges(), counts: [] };

export interface Measured {
  readonly since: Fence | null;
  readonly counters: TrafficCounters;
}

/** Counters of this version since the node's last command. */
export interface Traffic {
  count(latencyMs: number, failed: boolean): void;
  /** A request that no version with this signature would have answered. */
  countRefused(): void;
  countRows(inputs: readonly Tensor[], rows: number, predictions: ArrayLike<number>): void;
  /** Starts again from zero for a new command; the same fence again changes nothing. */
  reset(fence: Fence): void;
  read(): Measured;
}

export const createTraffic = (
  artifactDigest: Digest,
  features: readonly FeatureSpec[],
  reference: FrozenReference | undefined,
  /** Names of the model's inputs, in their order. */
  inputNames: readonly string[],
): Traffic => {
  const histograms = features.flatMap((feature) => {
    const frozen = reference?.features[feature.name];
    return frozen === undefined
      ? []
      : [{ name: feature.name, input: inputNames.indexOf(feature.name), frozen: asServed(feature, frozen) }];
  });
  let since: Fence | null = null;
  let state = empty(histograms);
  return {
    count: (latencyMs, failed) => {
      state.requests += 1;
      if (failed) state.failures += 1;
      state.latency[latencyBucket(latencyMs)]! += 1;
    },
    countRefused: () => void (state.refused += 1),
    countRows: (inputs, rows, predictions) => {
      state.rows += rows;
      for (let row = 0; row < predictions.length; row += 1) {
        const bin = binIndex(PREDICTIONS, predictions[row]);
        // A prediction that is no number is in no bin.
        if (bin < PREDICTION_BINS) state.predictions[bin]! += 1;
      }
      for (let index = 0; index < histograms.length; index += 1) {
        const { input, frozen } = histograms[index]!;
        countFeature(state.features[index]!, frozen, inputs[input]!);
      }
    },
    reset: (fence) => {
      if (since?.epoch === fence.epoch && since.seq === fence.seq) return;
      since = fence;
      state = empty(histograms);
    },
    read: () => ({
      since,
      counters: {
        artifactDigest,
        ...state,
        features: Object.fromEntries(histograms.map(({ name }, index) => [name, state.features[index]!])),
      },
    }),
  };
};

interface Histogram {
  readonly name: string;
  readonly input: number;
  readonly frozen: ReferenceHistogram;
}

const empty = (histograms: readonly Histogram[]) => ({
  requests: 0,
  failures: 0,
  refused: 0,
  rows: 0,
  latency: new Array<number>(LATENCY_BUCKETS_MS.length + 1).fill(0),
  predictions: new Array<number>(PREDICTION_BINS).fill(0),
  features: histograms.map(({ frozen }) => new Array<number>(binCount(frozen)).fill(0)),
});

const binCount = (frozen: ReferenceHistogram): number =>
  frozen.kind === 'numeric' ? frozen.edges.length + 2 : frozen.categories.length + 2;

/** Numbers arrive as FP32: 7.3 must fall on the same side of the edge 7.3 as it did in training. */
const asServed = (feature: FeatureSpec, frozen: ReferenceHistogram): ReferenceHistogram =>
  frozen.kind === 'numeric' && feature.type === 'number' ? { ...frozen, edges: frozen.edges.map(Math.fround) } : frozen;

const countFeature = (counts: number[], frozen: ReferenceHistogram, input: Tensor): void => {
  const { data } = input;
  if (data instanceof Float32Array) {
    for (let row = 0; row < data.length; row += 1) counts[binIndex(frozen, data[row])]! += 1;
    return;
  }
  const missing = input.missing === undefined ? undefined : new Set(input.missing);
  for (let row = 0; row < data.length; row += 1) {
    const raw = data[row];
    const value = typeof raw === 'bigint' ? Number(raw) : raw;
    counts[binIndex(frozen, missing?.has(row) === true ? null : value)]! += 1;
  }
};
