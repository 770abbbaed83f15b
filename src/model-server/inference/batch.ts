import type { TensorSpec } from '../../domain/artifact/types.js';
import { allocate, type Datatype, type Tensor, type TensorData } from '../../domain/inference/tensors.js';
import type { Part } from './protocol.js';

/** A request that waits for the model. */
export interface Job {
  readonly inputs: readonly Tensor[];
  readonly rows: number;
  /** performance.now() at which nobody waits for the answer any more. */
  readonly deadline: number;
  readonly settle: (outcome: Outcome) => void;
}

export type Outcome =
  | { readonly kind: 'done'; readonly outputs: readonly Tensor[] }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'expired' };

/** Whether two requests can be one run: the same shape but for the rows. */
export const canJoin = (a: Job, b: Job): boolean =>
  a.inputs.every((input, index) => {
    const other = b.inputs[index]!.shape;
    return input.shape.length === other.length && input.shape.every((axis, at) => at === 0 || axis === other[at]);
  });

/** The rows of all jobs after each other. Always a copy: what is sent to the other thread is gone here. */
export const join = (jobs: readonly Job[]): readonly Part[] =>
  jobs[0]!.inputs.map((first, index) => {
    const rows = jobs.reduce((sum, job) => sum + job.rows, 0);
    const parts = jobs.map((job) => job.inputs[index]!);
    const shape = first.shape.length === 0 ? [] : [rows, ...first.shape.slice(1)];
    return { shape, data: concatenate(first.datatype, parts) };
  });

const concatenate = (datatype: Datatype, parts: readonly Tensor[]): TensorData => {
  if (datatype === 'BYTES')
    return parts.length === 1 ? (parts[0]!.data as string[]) : parts.flatMap((part) => part.data as string[]);
  const whole = allocate(
    datatype,
    parts.reduce((sum, part) => sum + part.data.length, 0),
  ) as Float32Array;
  let at = 0;
  for (const part of parts) {
    whole.set(part.data as Float32Array, at);
    at += part.data.length;
  }
  return whole;
};

/** Gives each job its rows of the outputs; undefined where an output does not have one entry per row. */
export const split = (
  jobs: readonly Job[],
  specs: readonly TensorSpec[],
  outputs: readonly Part[],
): readonly (readonly Tensor[])[] | undefined => {
  const rows = jobs.reduce((sum, job) => sum + job.rows, 0);
  if (jobs.length > 1 && outputs.some((output) => output.shape[0] !== rows)) return undefined;
  let from = 0;
  return jobs.map((job) => {
    const until = from + job.rows;
    const own = outputs.map((output, index): Tensor => {
      const { name, datatype } = specs[index]!;
      if (jobs.length === 1) return { name, datatype: datatype as Datatype, shape: output.shape, data: output.data };
      const width = output.data.length / rows;
      const data = output.data.slice(from * width, until * width) as TensorData;
      return { name, datatype: datatype as Datatype, shape: [job.rows, ...output.shape.slice(1)], data };
    });
    from = until;
    return own;
  });
};
