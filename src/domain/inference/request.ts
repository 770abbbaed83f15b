import type { TensorSpec } from '../artifact/types.js';
import type { FeatureSpec } from '../spec/types.js';
import { featureColumns, usualInputs } from './featureColumns.js';

type Columns = Readonly<Record<string, readonly (number | string | null)[]>>;

export interface InferenceTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly datatype: string;
  readonly data: readonly (number | string | null)[];
}

/** What an artifact says of the tensors that its features come in. */
export interface TakenFeatures {
  readonly features: readonly FeatureSpec[];
  /** The model's inputs, where they are not one usual tensor per feature. */
  readonly inputs?: readonly TensorSpec[];
}

/**
 * Rows [from, to) as a request of the Open Inference Protocol v2, in the tensors that the model takes. A missing number is
 * null, a missing string is empty. They are rows of a probe: `synthetic` keeps them out of what drift checks and retraining
 * take for production's data.
 */
export const inferenceRequest = (
  { features, inputs = usualInputs(features) }: TakenFeatures,
  columns: Columns,
  from: number,
  to: number,
): { readonly parameters: { readonly synthetic: true }; readonly inputs: readonly InferenceTensor[] } => {
  const places = featureColumns(features, inputs);
  return {
    parameters: { synthetic: true },
    inputs: inputs.map(({ name, datatype }, input) => {
      const own = places.filter((place) => place.input === input);
      const data = Array.from({ length: to - from }, (_, row) =>
        own.map(({ feature }) => columns[feature.name]?.[from + row] ?? (feature.type === 'string' ? '' : null)),
      ).flat();
      return { name, shape: [to - from, own.length], datatype, data };
    }),
  };
};
