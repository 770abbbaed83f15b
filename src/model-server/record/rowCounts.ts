import type { FrozenReference } from '../../domain/artifact/contents.js';
import type { TensorSpec } from '../../domain/artifact/types.js';
import { predictionEdges, PREDICTION_BINS } from '../../domain/drift/freezeReference.js';
import { binIndex } from '../../domain/drift/histogram.js';
import { featureColumns, type FeatureColumn } from '../../domain/inference/featureColumns.js';
import type { FeatureCounts } from '../../domain/inference/featureCounts.js';
import type { Tensor } from '../../domain/inference/tensors.js';
import type { ReferenceHistogram } from '../../domain/rollout/types.js';
import type { FeatureSpec } from '../../domain/spec/types.js';
import { missingRows, numbersOf } from './featureValues.js';

const PREDICTIONS: ReferenceHistogram = { kind: 'numeric', edges: predictionEdges(), counts: [] };

export interface RowCounts {
  add(inputs: readonly Tensor[], rows: number, predictions: ArrayLike<number>): void;
  /** What was added since it was taken last. */
  take(): FeatureCounts;
}

/** @param inputs the model's, in their order */
export const createRowCounts = (
  features: readonly FeatureSpec[],
  reference: FrozenReference | undefined,
  inputs: readonly TensorSpec[],
): RowCounts => {
  const histograms = featureColumns(features, inputs).flatMap((place): readonly Histogram[] => {
    const frozen = reference?.features[place.feature.name];
    return frozen === undefined ? [] : [{ place, frozen: asServed(inputs[place.input]!, frozen) }];
  });
  let state = empty(histograms);
  return {
    add: (tensors, rows, predictions) => {
      state.rows += rows;
      for (let row = 0; row < predictions.length; row += 1) {
        const bin = binIndex(PREDICTIONS, predictions[row]);
        // A prediction that is no number is in no bin.
        if (bin < PREDICTION_BINS) state.predictions[bin]! += 1;
      }
      for (let index = 0; index < histograms.length; index += 1) {
        const { place, frozen } = histograms[index]!;
        countFeature(state.features[index]!, frozen, tensors[place.input]!, place);
      }
    },
    take: () => {
      const { rows, predictions, features: counts } = state;
      state = empty(histograms);
      const named = histograms.map(({ place }, index) => [place.feature.name, counts[index]!] as const);
      return { rows, predictions, features: Object.fromEntries(named) };
    },
  };
};

interface Histogram {
  readonly place: FeatureColumn;
  readonly frozen: ReferenceHistogram;
}

const empty = (histograms: readonly Histogram[]) => ({
  rows: 0,
  predictions: new Array<number>(PREDICTION_BINS).fill(0),
  features: histograms.map(({ frozen }) => new Array<number>(binCount(frozen)).fill(0)),
});

const binCount = (frozen: ReferenceHistogram): number =>
  frozen.kind === 'numeric' ? frozen.edges.length + 2 : frozen.categories.length + 2;

/** Numbers arrive as FP32: 7.3 must fall on the same side of the edge 7.3 as it did in training. */
const asServed = ({ datatype }: TensorSpec, frozen: ReferenceHistogram): ReferenceHistogram =>
  frozen.kind === 'numeric' && datatype === 'FP32' ? { ...frozen, edges: frozen.edges.map(Math.fround) } : frozen;

const countFeature = (counts: number[], frozen: ReferenceHistogram, tensor: Tensor, place: FeatureColumn): void => {
  const { column, width } = place;
  const { data } = tensor;
  if (data instanceof Float32Array) {
    for (let at = column; at < data.length; at += width) counts[binIndex(frozen, data[at])]! += 1;
    return;
  }
  const rows = missingRows(tensor, place);
  const missing = rows === undefined ? undefined : new Set(rows);
  const values = Array.isArray(data) ? data : numbersOf(tensor);
  for (let at = column, row = 0; at < values.length; at += width, row += 1) {
    const raw = values[at];
    const value = typeof raw === 'bigint' ? Number(raw) : raw;
    counts[binIndex(frozen, missing?.has(row) === true ? null : value)]! += 1;
  }
};
