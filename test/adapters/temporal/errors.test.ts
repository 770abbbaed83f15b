import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toSlipwayError } from '../../../src/adapters/temporal/errors.js';
import { ERRORS } from '../../../src/domain/errors/table.js';

const grpc = (code: number, details: string): Error =>
  Object.assign(new Error(`${code} X: ${details}`), { code, details, metadata: {} });

/** As a development server said it. */
const SAID: readonly (readonly [code: number, details: string, becomes: string, retryable: boolean])[] = [
  [14, 'No connection established', 'temporal_unreachable', true],
  [13, 'Received RST_STREAM with code 2 (Internal server error)', 'temporal_unreachable', true],
  [2, 'shard status unknown', 'temporal_unreachable', true],
  [
    9,
    'Unable to perform workflow execution update due to Workflow Task in failed state.',
    'workflow_task_failed',
    true,
  ],
  [3, 'exceeded workflow execution limit for signal events', 'inbox_full', true],
  [9, 'something else', 'internal', false],
];

test('an update that the server refused in the place of a worker may be sent again', () => {
  const cause = new Error("Workflow Update is rejected because it wasn't processed by worker.");
  assert.equal(toSlipwayError(new Error('failed', { cause }), 'update').code, 'workflow_task_failed');
});

for (const [code, details, becomes, retryable] of SAID)
  test(`${details}: ${becomes}`, () => {
    const error = toSlipwayError(grpc(code, details), 'update decide of release/m/c');
    assert.equal(error.code, becomes);
    assert.match(error.message, /^update decide of release\/m\/c: /);
    assert.equal(ERRORS[error.code].retryable, retryable);
  });
