import type { TensorSpec } from '../../domain/artifact/types.js';
import type { TensorData } from '../../domain/inference/tensors.js';

export interface ThreadData {
  readonly model: ArrayBuffer;
  readonly threads: number;
}

/** One tensor between the threads; datatype by position, as the model has its inputs and outputs. */
export interface Part {
  readonly shape: readonly number[];
  readonly data: TensorData;
}

export interface Run {
  readonly kind: 'run';
  readonly id: number;
  readonly inputs: readonly Part[];
}

export type Reply =
  | { readonly kind: 'loaded'; readonly inputs: readonly TensorSpec[]; readonly outputs: readonly TensorSpec[] }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'done'; readonly id: number; readonly outputs: readonly Part[] }
  | { readonly kind: 'failed'; readonly id: number; readonly reason: string };
