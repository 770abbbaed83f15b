/** What the callers of the rollout test would notice. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { it } from 'node:test';
import { startPatientCallers, type PatientResult } from './patientCallers.js';

const [RIGHT, WRONG] = ['a'.repeat(64), 'b'.repeat(64)];

/** One caller of a server that answers in turn with these statuses and versions, and then well. */
const called = async (...answers: readonly (readonly [number, string])[]): Promise<PatientResult> => {
  const left = [...answers];
  const server = createServer((request, response) => {
    request.resume();
    if (request.method === 'GET') return void response.end('{}');
    const [status, version] = left.shift() ?? [200, RIGHT];
    response.writeHead(status).end(JSON.stringify({ model_version: version }));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const callers = startPatientCallers({ url, model: 'm', bodies: ['{}'], callers: 1, everyMs: 1 });
  callers.expect(RIGHT);
  await callers.pass(3);
  const result = await callers.stop();
  server.close();
  return result;
};

it('a request that is answered the second time is no failure, and counted as asked twice', async () => {
  const { failures, wrong, retried } = await called([200, RIGHT], [503, RIGHT]);
  assert.deepEqual([failures, wrong, retried], [[], [], 1]);
});

it('a request that fails twice is a failure', async () => {
  const { failures, retried } = await called([503, RIGHT], [500, RIGHT]);
  assert.deepEqual([failures.length, retried], [1, 1]);
});

it('an answer of another version than those that may answer is wrong', async () => {
  const { failures, wrong } = await called([200, WRONG], [200, RIGHT]);
  assert.deepEqual([failures, wrong], [[], [WRONG]]);
});
