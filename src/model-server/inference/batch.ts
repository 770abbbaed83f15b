import type { TensorSpec } from '../../domain/artifact/types.js';
import type { Datatype, Tensor, TensorData } from '../../domain/inference/tensors.js';
import { bytesOf, sizeOf, viewOf } from './packing.js';
import type { Part, Run } from './protocol.js';

/** A request that waits for the model. */
export interface Job {
  readonly inputs: readonly Tensor[];
  readonly rows: number;
  /** performance.now() when it came, … */
  readonly since: number;
  /** … and at which nobody waits for the answer any more. */
  readonly deadline: number;
  readonly settle: (outcome: Outcome) => void;
}

export type Outcome =
  | {
      readonly kind: 'done';
      readonly outputs: readonly Tensor[];
      /** Milliseconds before the run, … */
      readonly waitedMs: number;
      /** … and of the run that it was part of. */
      readonly ranMs: number;
    }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'expired' }
  /** Nobody waits for it any more. */
  | { readonly kind: 'cancelled' };

/** Whether two requests can be one run: the same shape but for the rows. */
export const canJoin = (a: Job, b: Job): boolean =>
  a.inputs.every((input, index) => {
    const other = b.inputs[index]!.shape;
    return input.shape.length === other.length && input.shape.every((axis, at) => at === 0 || axis === other[at]);
  });

/** The rows of all jobs after each other. Always a copy: what is sent to the other thread is gone here. */
export const join = (id: number, jobs: readonly Job[]): Run => {
  const inputs = jobs[0]!.inputs;
  const rows = jobs.reduce((sum, job) => sum + job.rows, 0);
  const shapes = inputs.map(({ shape }) => (shape.length === 0 ? [] : [rows, ...shape.slice(1)]));
  const buffer = new ArrayBuffer(
    inputs.reduce((sum, input, index) => sum + bytesOf(input.datatype, shapes[index]!), 0),
  );
  const texts: string[][] = [];
  let at = 0;
  for (const [index, { datatype }] of inputs.entries()) {
    if (datatype === 'BYTES') {
      texts.push(
        jobs.length === 1
          ? (inputs[index]!.data as string[])
          : jobs.flatMap((job) => job.inputs[index]!.data as string[]),
      );
      continue;
    }
    const whole = viewOf(datatype, buffer, at, sizeOf(shapes[index]!)) as Float32Array;
    let filled = 0;
    for (const job of jobs) {
      const data = job.inputs[index]!.data as Float32Array;
      whole.set(data, filled);
      filled += data.length;
    }
    at += bytesOf(datatype, shapes[index]!);
  }
  return { kind: 'run', id, buffer, shapes, texts };
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
