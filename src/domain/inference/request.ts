import type { FeatureSpec } from '../spec/types.js';

type Columns = Readonly<Record<string, readonly (number | string | null)[]>>;

const DATATYPES = { number: 'FP32', integer: 'INT64', string: 'BYTES' } as const;

export interface InferenceTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly datatype: string;
  readonly data: readonly (number | string | null)[];
}

/**
 * Rows [from, to) as a request of the Open Inference Protocol v2: one tensor of shape [rows, 1] per declared
 * feature. A missing number is null, a missing string is empty. They are rows of a probe: `synthetic` keeps them out of
 * what drift checks and retraining take for production's data.
 */
export const inferenceRequest = (
  features: readonly FeatureSpec[],
  columns: Columns,
  from: number,
  to: number,
): { readonly parameters: { readonly synthetic: true }; readonly inputs: readonly InferenceTensor[] } => ({
  parameters: { synthetic: true },
  inputs: features.map((feature) => ({
    name: feature.name,
    shape: [to - from, 1],
    datatype: DATATYPES[feature.type],
    data: Array.from(
      { length: to - from },
      (_, row) => columns[feature.name]?.[from + row] ?? (feature.type === 'string' ? '' : null),
    ),
  })),
});
