import type { TensorSpec } from '../../domain/artifact/types.js';
import type { TensorData } from '../../domain/inference/tensors.js';

export interface ThreadData {
  readonly model: ArrayBuffer;
  readonly threads: number;
}

/**
 * The inputs of one run, in the order of the model's inputs. Numbers of all inputs lie in one buffer, each input at
 * the next multiple of eight bytes: one buffer changes threads faster than twenty.
 */
export interface Run {
  readonly kind: 'run';
  readonly id: number;
  readonly buffer: ArrayBuffer;
  readonly shapes: readonly (readonly number[])[];
  /** Of the BYTES inputs, in their order. */
  readonly texts: readonly (readonly string[])[];
}

export interface Part {
  readonly shape: readonly number[];
  readonly data: TensorData;
}

export type Reply =
  | { readonly kind: 'loaded'; readonly inputs: readonly TensorSpec[]; readonly outputs: readonly TensorSpec[] }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'done'; readonly id: number; readonly outputs: readonly Part[] }
  | { readonly kind: 'failed'; readonly id: number; readonly reason: string };
