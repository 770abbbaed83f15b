/** Between a worker and a serving node on another machine something else may answer: it is read, and not believed. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { createLocalServing, type LocalServingOptions } from '../../src/adapters/local-serving/deployTarget.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import type { TargetCommand } from '../../src/domain/rollout/types.js';

const artifactDigest = `sha256:${'a'.repeat(64)}` as const;
const MODEL = 'flight-delay';
const about = { model: MODEL, environment: 'production' };
const version = {
  artifactDigest,
  weight: 100,
  role: 'champion',
  ready: true,
  servedDigest: artifactDigest,
  restarts: 0,
};
const STATE = { ...about, fence: { epoch: 1, seq: 1 }, versions: [version], inferenceUrl: 'http://models.invalid/' };
const COMMAND: TargetCommand = {
  ...{ ...about, fence: { epoch: 1, seq: 1 } },
  versions: [
    { artifactDigest, releaseId: 'release/flight-delay/1', commit: '1'.repeat(40), weight: 100, role: 'champion' },
  ],
};

describe('a serving node that something stands before', () => {
  let server: Server;
  let answer: { readonly status: number; readonly text: string };
  before(async () => {
    server = createServer((request, response) => {
      request.resume();
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.text);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  after(() => server.close());

  const answering = (status: number, body: unknown, options: Partial<LocalServingOptions> = {}) => {
    answer = { status, text: typeof body === 'string' ? body : JSON.stringify(body) };
    const { port } = server.address() as AddressInfo;
    return createLocalServing({
      ...{ environment: 'production', adminSocket: '' },
      admin: { host: '127.0.0.1', port, token: 't'.repeat(32) },
      ...options,
    });
  };
  const fails = (code: string, reason: RegExp) => (error: unknown) => {
    assert.ok(error instanceof SlipwayError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, reason);
    return true;
  };

  for (const [what, body, reason] of [
    ['a null', null, /the answer is no object/],
    ['a list', [], /the answer is no object/],
    ['no fence', { ...STATE, fence: { epoch: '1', seq: 1 } }, /fence is no \{epoch, seq\}/],
    ['another model', { ...STATE, model: 'ferries' }, /the state is not of flight-delay in production/],
    ['no versions', { ...STATE, versions: 'all' }, /versions is no short list/],
    [
      'a version without digest',
      { ...STATE, versions: [{ ...version, artifactDigest: 'v1' }] },
      /version 0 has no digest/,
    ],
    [
      'readiness of nobody knows what',
      { ...STATE, versions: [{ ...version, servedDigest: undefined }] },
      /is ready, and does not say which/,
    ],
    [
      'a scale without a number',
      { ...STATE, versions: [{ ...version, scale: { replicas: 'two', reason: 'load' } }] },
      /version 0 has no scale/,
    ],
    [
      'an address that steers a terminal',
      { ...STATE, inferenceUrl: 'http://x/\u001b[31m' },
      /inferenceUrl is no address/,
    ],
    ['a gRPC address that steers one', { ...STATE, grpcAddress: 'x\u001b[31m:1' }, /grpcAddress is no host and port/],
    ['one without a port', { ...STATE, grpcAddress: 'models.invalid' }, /grpcAddress is no host and port/],
  ] as const)
    it(`takes ${what} for no state`, async () => {
      await assert.rejects(answering(200, body).observe(MODEL, 'production'), fails('target_answer_invalid', reason));
      await assert.rejects(answering(200, body).apply(COMMAND), fails('target_answer_invalid', reason));
    });

  it('takes no counters that are none', async () => {
    const counters = [{ artifactDigest, requests: 1, failures: 2 }];
    await assert.rejects(
      answering(200, { since: STATE.fence, counters }).measure(MODEL, 'production'),
      fails('target_answer_invalid', /counter 0 has more failures than requests/),
    );
  });

  it('takes no word for an error code that the table does not have', async () => {
    for (const code of ['constructor', 'toString', 'nonsense', 7, undefined])
      await assert.rejects(
        answering(409, { code, detail: 'no' }).observe(MODEL, 'production'),
        fails('target_unreachable', /^no$/),
      );
    await assert.rejects(
      answering(502, null).observe(MODEL, 'production'),
      fails('target_unreachable', /answered 502/),
    );
    await assert.rejects(
      answering(200, '<html>').observe(MODEL, 'production'),
      fails('target_unreachable', /does not answer/),
    );
  });

  it('shows its words printable, and not for ever', async () => {
    const detail = `\u001b[2Jgone ${'x'.repeat(10_000)}`;
    await assert.rejects(answering(409, { code: 'stale_command', detail }).observe(MODEL, 'production'), (error) => {
      assert.ok(error instanceof SlipwayError);
      assert.equal(error.code, 'stale_command');
      assert.equal(error.message, `gone ${'x'.repeat(994)}…`);
      return true;
    });
    const reason = `\u001b[31mloading\u001b[0m ${'y'.repeat(10_000)}`;
    const versions = [{ ...version, ready: false, reason }];
    const state = await answering(200, { ...STATE, versions }).observe(MODEL, 'production');
    assert.equal(state?.versions[0]?.reason, `loading ${'y'.repeat(991)}…`);
    assert.equal(state.inferenceUrl, 'http://models.invalid');
  });

  it('names where it speaks gRPC by the host that callers use, and the port that the node has', async () => {
    const told = { ...STATE, grpcAddress: '10.0.0.7:7704' };
    const behind = { environment: 'production', inferenceUrl: 'https://models.example.org/serving/' };
    for (const [options, address] of [
      [undefined, 'models.invalid:7704'],
      [behind, 'models.example.org:7704'],
    ] as const) {
      const state = await answering(200, told, options).observe(MODEL, 'production');
      assert.equal(state?.grpcAddress, address);
    }
    assert.equal((await answering(200, STATE).observe(MODEL, 'production'))?.grpcAddress, undefined);
  });

  it('hands on how many processes a version has, and why', async () => {
    const scale = { replicas: 0, asleep: true, reason: 'no request for \u001b[31m15 min', more: 1 };
    const state = await answering(200, { ...STATE, versions: [{ ...version, scale }] }).observe(MODEL, 'production');
    assert.deepEqual(state?.versions[0]?.scale, { replicas: 0, asleep: true, reason: 'no request for 15 min' });
  });
});
