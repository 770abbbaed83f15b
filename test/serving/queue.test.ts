/** The queue before a model, without a model: what callers wait for, and for how long. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { servingLimitsSchema } from '../../src/contract/servingLimits.js';
import type { Tensor } from '../../src/domain/inference/tensors.js';
import type { Outcome } from '../../src/model-server/inference/batch.js';
import type { Run } from '../../src/model-server/inference/protocol.js';
import { Queue, type Patience } from '../../src/model-server/inference/queue.js';
import { eventually } from '../fixtures/eventually.js';

const spec = (name: string) => ({ name, datatype: 'FP32', shape: [-1, 1] });
const row = (value: number): readonly Tensor[] => [
  { name: 'x', datatype: 'FP32', shape: [1, 1], data: Float32Array.of(value) },
];
const waits = (waitMs: number, gone = new AbortController().signal): Patience => ({ waitMs, gone });

describe('the queue before a model', () => {
  let runs: Run[];
  let queue: Queue;
  beforeEach(() => {
    runs = [];
    queue = new Queue(
      servingLimitsSchema.parse({ deadlineMs: 60_000, queueRows: 4 }),
      { inputs: [spec('x')], outputs: [spec('y')] },
      (run) => runs.push(run),
    );
  });
  afterEach(() => queue.close());

  const ask = (value: number, patience?: Patience): Promise<Outcome> => {
    const asked = queue.infer(row(value), 1, patience);
    assert.ok(asked !== undefined, 'there is room');
    return asked;
  };
  const valuesOf = (run: Run): readonly number[] => Array.from(new Float32Array(run.buffer, 0, run.shapes[0]![0]));
  const answer = (run: Run): void => {
    const data = Float32Array.from(valuesOf(run));
    queue.answered({ kind: 'done', id: run.id, outputs: [{ shape: [data.length, 1], data }] });
  };
  /** The model is busy with a request of 0. */
  const busy = async (): Promise<void> => {
    void ask(0);
    await eventually(() => assert.equal(runs.length, 1));
  };

  it('tells who waits for a short time before those who came earlier and wait longer', async () => {
    await busy();
    const order: string[] = [];
    void ask(1).then(({ kind }) => order.push(`long ${kind}`));
    void ask(2, waits(80)).then(({ kind }) => order.push(`short ${kind}`));
    void ask(3, waits(20)).then(({ kind }) => order.push(`shorter ${kind}`));
    await eventually(() => assert.deepEqual(order, ['shorter expired', 'short expired']));
    assert.equal(queue.status().waitingRequests, 1);
    answer(runs[0]!);
    assert.deepEqual(valuesOf(runs[1]!), [1], 'the model is asked for who still waits');
    answer(runs[1]!);
    await eventually(() => assert.equal(order.at(-1), 'long done'));
  });

  it('waits for nobody longer than the server does', async () => {
    queue.close();
    queue = new Queue(
      servingLimitsSchema.parse({ deadlineMs: 20 }),
      { inputs: [spec('x')], outputs: [spec('y')] },
      (run) => runs.push(run),
    );
    await busy();
    assert.equal((await ask(1, waits(60_000))).kind, 'expired');
  });

  it('gives the place of who went away to others, and lets what runs run', async () => {
    const [running, waiting] = [new AbortController(), new AbortController()];
    const first = ask(0, waits(60_000, running.signal));
    await eventually(() => assert.equal(runs.length, 1));
    const others = [ask(1), ask(2, waits(60_000, waiting.signal)), ask(3), ask(4)];
    assert.equal(queue.infer(row(5), 1), undefined, 'full');
    waiting.abort();
    assert.equal((await others[1]!).kind, 'cancelled');
    void ask(5);
    running.abort();
    answer(runs[0]!);
    assert.equal((await first).kind, 'done');
    assert.deepEqual(valuesOf(runs[1]!), [1, 3, 4, 5]);
  });
});
