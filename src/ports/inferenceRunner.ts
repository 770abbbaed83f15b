import type { TensorSpec } from '../domain/artifact/types.js';
import type { FeatureSpec } from '../domain/spec/types.js';

export interface ModelDescription {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
}

/** Columns of equal length; numbers, integers (as numbers) or strings; null for a missing value. */
export type FeatureColumns = Readonly<Record<string, readonly (number | string | null)[]>>;

/** Loads models in a process of their own, with a memory limit. Errors: `model_invalid`, `signature_mismatch`. */
export interface InferenceRunner {
  describe(modelPath: string): Promise<ModelDescription>;
  /** One probability per row. */
  predict(
    modelPath: string,
    features: readonly FeatureSpec[],
    output: string,
    columns: FeatureColumns,
  ): Promise<readonly number[]>;
}
