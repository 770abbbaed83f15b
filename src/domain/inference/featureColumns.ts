import type { TensorSpec } from '../artifact/types.js';
import type { FeatureSpec, FeatureType } from '../spec/types.js';

/** Where a declared feature lies in what the model takes. */
export interface FeatureColumn<F = FeatureSpec> {
  readonly feature: F;
  /** Position of the model's input. */
  readonly input: number;
  /** Column of that input, … */
  readonly column: number;
  /** … which has so many. */
  readonly width: number;
}

/** The tensor that a feature is where a model says nothing else. */
export const USUAL_DATATYPES = { number: 'FP32', integer: 'INT64', string: 'BYTES' } as const;

/** Datatypes that can carry a feature; the usual one first. */
export const DATATYPES_OF: Readonly<Record<FeatureType, readonly string[]>> = {
  number: ['FP32', 'FP64', 'FP16'],
  integer: ['INT64', 'INT32', 'INT16', 'INT8', 'UINT64', 'UINT32', 'UINT16', 'UINT8', 'BOOL'],
  string: ['BYTES'],
};

type Named = Pick<FeatureSpec, 'name' | 'type'>;

/** One column per feature, as `slipway.yaml` has them in the usual case. */
export const usualInputs = (features: readonly Named[]): readonly TensorSpec[] =>
  features.map(({ name, type }) => ({ name, datatype: USUAL_DATATYPES[type], shape: [-1, 1] }));

/**
 * Each feature is the input of its name; where the model has one input alone, of another name and two axes, features are its
 * columns in the order in which they are declared, as scikit-learn's converters make it. Features without a place are left out.
 */
export const featureColumns = <F extends Named>(
  features: readonly F[],
  inputs: readonly TensorSpec[],
): readonly FeatureColumn<F>[] => {
  if (isMatrix(features, inputs))
    return features.map((feature, column) => ({ feature, input: 0, column, width: features.length }));
  return features.flatMap((feature) => {
    const input = inputs.findIndex(({ name }) => name === feature.name);
    return input < 0 ? [] : [{ feature, input, column: 0, width: 1 }];
  });
};

/** Whether the model takes all features as the columns of one input. */
export const isMatrix = (features: readonly Named[], inputs: readonly TensorSpec[]): boolean => {
  const [input] = inputs;
  if (input === undefined || inputs.length > 1 || features.length < 2 || input.shape.length !== 2) return false;
  return features.every(({ name }) => name !== input.name);
};
