/** The Open Inference Protocol over gRPC, in front of the same router as HTTP. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { DATATYPES } from '../../src/domain/inference/tensors.js';
import { EVERY_DATATYPE, makeArtifact, predicted, shadowOf, SIGNATURE, storeArtifact } from '../fixtures/artifact.js';
import { eventually } from '../fixtures/eventually.js';
import { grpcClient, type Ended, type GrpcClient } from '../fixtures/grpc/client.js';
import { startGrpcLoad } from '../fixtures/grpc/load.js';
import { hourRequest, inferRequest, probabilitiesOf } from '../fixtures/grpc/requests.js';
import { infer } from '../fixtures/inferRequests.js';
import { loggedRows } from '../fixtures/loggedRows.js';
import { everyDatatype, slow } from '../fixtures/onnx/graphs.js';
import { MODEL, ONE_ROW, openScene, targetVersion, type Scene } from './scene.js';

const ROW = { hour: 7.3, distance: 100, origin: 'a' };
const OK = 0;
const CANCELLED = 1;
const INVALID_ARGUMENT = 3;
const DEADLINE_EXCEEDED = 4;
const NOT_FOUND = 5;
const RESOURCE_EXHAUSTED = 8;
const UNIMPLEMENTED = 12;
const UNAVAILABLE = 14;

describe('a serving node over gRPC', () => {
  let scene: Scene;
  let client: GrpcClient;
  before(async () => {
    scene = await openScene({ requestBytes: 65_536 });
    client = grpcClient(scene.node.grpcAddress());
    await scene.apply(targetVersion(scene.first, 100), targetVersion(scene.second, 0, 'candidate'));
    await scene.ready(scene.first.artifactDigest, scene.second.artifactDigest);
  });
  after(async () => {
    client.close();
    await scene.node.discard();
  });
  const versionOf = ({ answer }: Ended): unknown => answer['model_version'];
  const first = () => scene.first.artifactDigest.slice(7);
  const second = () => scene.second.artifactDigest.slice(7);

  it('answers as over HTTP: values, version, request ID, trace, warnings', async () => {
    const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
    const headers = { traceparent: `00-${trace}-00f067aa0ba902b7-01` };
    const rows = [ROW, { ...ROW, hour: 99 }];
    const { code, details, answer, metadata } = await client.infer(inferRequest(rows, { id: 'mine' }), { headers });
    assert.equal(code, OK, details);
    const { model_name: name, id, parameters, outputs } = answer;
    assert.deepEqual([name, id, versionOf({ answer } as Ended)], ['late', 'mine', first()]);
    const expected = rows.map(({ hour, distance }) => predicted(0.1, hour, distance, 0));
    for (const [row, value] of probabilitiesOf(answer).entries()) assert.ok(Math.abs(value - expected[row]!) < 1e-6);
    const output = (outputs as readonly Record<string, unknown>[])[0]!;
    assert.deepEqual([output['datatype'], output['shape']], ['FP32', ['2', '1']]);
    const { request_id: requestId } = parameters as Record<string, { string_param: string }>;
    assert.match(requestId!.string_param, /^[0-9a-f]{16}-[0-9a-z]+$/);
    assert.match(String(metadata['traceparent']), new RegExp(`^00-${trace}-[0-9a-f]{16}-01$`));
    const overHttp = await infer(scene.node.url(), ONE_ROW);
    assert.equal(Math.fround(overHttp.body.outputs![0]!.data[0]!), probabilitiesOf(answer)[0]);
  });

  it('says who it is, which models there are, and whether they can answer', async () => {
    const answerTo = async (method: string, request = {}) => {
      const { code, answer, details } = await client.ask(method, request);
      return code === OK ? answer : `${code} ${details}`;
    };
    assert.deepEqual(await answerTo('ServerLive'), { live: true });
    assert.deepEqual(await answerTo('ServerReady'), { ready: true });
    const { name, extensions } = (await client.ask('ServerMetadata')).answer;
    assert.deepEqual([name, extensions], ['slipway', ['binary_tensor_data']]);
    assert.deepEqual(await answerTo('ModelReady', { name: MODEL }), { ready: true });
    assert.deepEqual(await answerTo('ModelReady', { name: MODEL, version: second() }), { ready: true });
    assert.equal(await answerTo('ModelReady', { name: 'other' }), '5 there is no model other');
    assert.equal(await answerTo('ModelReady', { name: MODEL, version: '7' }), '5 the model late has no such version');
    const { versions, inputs } = (await client.ask('ModelMetadata', { name: MODEL })).answer;
    assert.deepEqual(versions, [first()]);
    assert.deepEqual((inputs as unknown[])[0], { name: 'hour', datatype: 'FP32', shape: ['-1', '1'] });
    assert.equal(await answerTo('ModelMetadata', { name: 'other' }), '5 there is no model other');
    assert.equal((await client.ask('RepositoryIndex')).code, UNIMPLEMENTED);
  });

  it('answers health checks of gRPC', async () => {
    assert.deepEqual((await client.health('')).answer, { status: 'SERVING' });
    assert.deepEqual((await client.health('inference.GRPCInferenceService')).answer, { status: 'SERVING' });
    assert.equal((await client.health('other')).code, NOT_FOUND);
  });

  it('refuses with the codes of gRPC, and the texts of HTTP', async () => {
    const wrong = (change: object) => inferRequest([ROW], change);
    const typed = { name: 'hour', datatype: 'FP64', shape: [1, 1], contents: { fp64_contents: [1] } };
    const wide = { name: 'hour', datatype: 'FP32', shape: [1, 3], contents: { fp32_contents: [1, 2, 3] } };
    const rows = new Array(4_000).fill({ ...ROW, origin: 'a'.repeat(20) }) as (typeof ROW)[];
    const refused: readonly (readonly [object, number, RegExp])[] = [
      [wrong({ model_name: 'other' }), NOT_FOUND, /^there is no model other$/],
      [wrong({ model_version: '7' }), NOT_FOUND, /^the model late has no such version$/],
      [
        wrong({ inputs: [typed] }),
        INVALID_ARGUMENT,
        /hour: datatype is not FP32.*expected inputs: hour FP32 \[-1, 1\]/,
      ],
      [wrong({ inputs: [wide] }), INVALID_ARGUMENT, /hour: shape is not \[-1, 1\].*expected inputs/],
      [wrong({ inputs: [{ ...typed, datatype: 'BF16' }] }), INVALID_ARGUMENT, /hour: datatype is not FP32.*expected/],
      [wrong({ inputs: [{ ...typed, name: '😀'.repeat(99) }] }), INVALID_ARGUMENT, /the model has no input .*expected/],
      [inferRequest(rows), RESOURCE_EXHAUSTED, /^the tensors are larger than 65536 bytes$/],
      [wrong({ id: 'x'.repeat(2 << 20) }), RESOURCE_EXHAUSTED, /larger than max/],
    ];
    for (const [request, code, details] of refused) {
      const ended = await client.infer(request);
      assert.equal(ended.code, code, ended.details);
      assert.match(ended.details, details);
    }
    assert.match((await client.raw(Buffer.from([0xff]))).details, /^the message is no ModelInferRequest: /);
  });

  it('takes every datatype, raw and typed, and gives it back', async () => {
    const artifact = await storeArtifact(
      scene.node.store,
      makeArtifact(everyDatatype(), { smoke: null, signature: EVERY_DATATYPE }),
    );
    const versions = [targetVersion(artifact, 100)];
    await scene.node.target.apply({ model: 'types', environment: 'test', fence: { epoch: 1, seq: 1 }, versions });
    await eventually(
      async () => assert.deepEqual((await client.ask('ModelReady', { name: 'types' })).answer, { ready: true }),
      30_000,
    );
    const contents: Readonly<Record<string, object>> = {
      BOOL: { bool_contents: [true, false] },
      UINT8: { uint_contents: [0, 255] },
      UINT16: { uint_contents: [0, 65_535] },
      UINT32: { uint_contents: [0, 4_294_967_295] },
      UINT64: { uint64_contents: ['0', '18446744073709551615'] },
      INT8: { int_contents: [-128, 127] },
      INT16: { int_contents: [-32_768, 32_767] },
      INT32: { int_contents: [-2_147_483_648, 2_147_483_647] },
      INT64: { int64_contents: ['-9223372036854775808', '9223372036854775807'] },
      FP32: { fp32_contents: [1.5, NaN] },
      FP64: { fp64_contents: [0.1, -1e300] },
      BYTES: { bytes_contents: [Buffer.from('Zürich'), Buffer.from('☃')] },
    };
    const tensor = (datatype: string, more: object) => ({
      name: datatype.toLowerCase(),
      datatype,
      shape: [2, 1],
      ...more,
    });
    const raw = async (request: object): Promise<readonly string[]> => {
      const { code, details, answer } = await client.infer(request);
      assert.equal(code, OK, details);
      const outputs = answer['outputs'] as readonly { readonly name: string }[];
      const bytes = answer['raw_output_contents'] as readonly Uint8Array[];
      return DATATYPES.map((datatype) => {
        const at = outputs.findIndex(({ name }) => name === `same_${datatype.toLowerCase()}`);
        return Buffer.from(bytes[at]!).toString('hex');
      });
    };
    const hex = [
      ...['0100', '00ff', '0000ffff', '00000000ffffffff', '0000000000000000ffffffffffffffff', '807f', '0080ff7f'],
      ...['00000080ffffff7f', '0000000000000080ffffffffffffff7f', 'ff7b007e', '0000c03f0000c07f'],
      ...['9a9999999999b93f9c7500883ce437fe', '070000005ac3bc7269636803000000e29883'],
    ];
    const inputs = DATATYPES.map((datatype) => tensor(datatype, {}));
    const rawInputs = hex.map((text) => Buffer.from(text, 'hex'));
    assert.deepEqual(await raw({ model_name: 'types', inputs, raw_input_contents: rawInputs }), hex);
    // Half floats have no typed form, and the two forms do not go together: the model gets zeros of them.
    const typed = DATATYPES.map((datatype) =>
      tensor(datatype, datatype === 'FP16' ? {} : { contents: contents[datatype] }),
    );
    const { code, details } = await client.infer({ model_name: 'types', inputs: typed });
    assert.deepEqual([code, details], [INVALID_ARGUMENT, 'fp16: FP16 is taken in raw_input_contents only']);
  });

  it('keeps a key with its version, gives the version that is asked for, and counts what was left to the shares', async () => {
    await scene.apply(targetVersion(scene.first, 50), targetVersion(scene.second, 50, 'candidate'));
    const versions = new Set<unknown>();
    for (let key = 0; key < 20; key += 1) {
      const headers = { 'x-slipway-key': `caller ${key}` };
      const answers = await Promise.all([1, 2, 3].map(() => client.infer(inferRequest([ROW]), { headers })));
      assert.equal(new Set(answers.map(versionOf)).size, 1);
      const overHttp = await infer(scene.node.url(), ONE_ROW, headers);
      assert.equal(overHttp.body.model_version, versionOf(answers[0]!), 'the same over HTTP');
      versions.add(versionOf(answers[0]!));
    }
    assert.equal(versions.size, 2, 'both versions have keys');
    await scene.apply(targetVersion(scene.first, 100), targetVersion(scene.second, 0, 'candidate'));
    for (let asked = 0; asked < 5; asked += 1) {
      const headers = { 'x-slipway-version': 'candidate' };
      assert.equal(versionOf(await client.infer(inferRequest([ROW]), { headers })), second());
      assert.equal(versionOf(await client.infer(inferRequest([ROW], { model_version: second() }))), second());
      assert.equal(versionOf(await client.infer(inferRequest([ROW]))), first());
    }
    const { counters } = await scene.node.target.measure(MODEL, 'test');
    assert.deepEqual(
      counters.map(({ requests }) => requests),
      [5, 0],
    );
  });

  it('moves all traffic 100 times without a failed call', async () => {
    const load = startGrpcLoad(client, inferRequest([ROW]));
    for (let turn = 0; turn < 100; turn += 1) {
      const weight = turn % 2 === 0 ? 100 : 0;
      await scene.apply(targetVersion(scene.first, 100 - weight), targetVersion(scene.second, weight, 'candidate'));
      await load.pass(10);
    }
    const { failures, byVersion, answered } = await load.stop();
    assert.deepEqual(failures, []);
    assert.ok(answered >= 1_000);
    assert.deepEqual(Object.keys(byVersion).sort(), [first(), second()].sort());
  });

  it('fails no call when the server of a version is killed', async () => {
    await scene.apply(targetVersion(scene.first, 50), targetVersion(scene.second, 50, 'candidate'));
    const load = startGrpcLoad(client, inferRequest([ROW]));
    await load.pass(50);
    process.kill(await scene.serverOf(scene.second.artifactDigest), 'SIGKILL');
    await load.pass(300);
    assert.deepEqual((await load.stop()).failures, []);
    await scene.ready(scene.first.artifactDigest, scene.second.artifactDigest);
  });

  it('copies calls to a shadow, logs both, and counts by the names that dashboards know', async () => {
    await scene.apply(targetVersion(scene.first, 100));
    await scene.ready(scene.first.artifactDigest);
    await scene.apply(targetVersion(scene.first, 100), shadowOf(scene.second, 100));
    await scene.ready(scene.first.artifactDigest, scene.second.artifactDigest);
    const { answer } = await client.infer(inferRequest([ROW]));
    const { request_id: requestId } = answer['parameters'] as Record<string, { string_param: string }>;
    await eventually(async () => {
      const { counters } = await scene.node.target.measure(MODEL, 'test');
      assert.deepEqual(
        counters.map(({ requests }) => requests),
        [1, 1],
      );
    });
    const metrics = await (await fetch(`${scene.node.url()}/metrics`)).text();
    assert.match(metrics, /grpc_server_handled_total\{[^}]*grpc_method="ModelInfer",grpc_code="NotFound"[^}]*\} 2\n/);
    assert.match(metrics, /grpc_server_handling_seconds_bucket\{[^}]*grpc_method="ModelInfer"/);
    assert.match(metrics, /slipway_router_request_duration_seconds_count\{[^}]*role="champion",code="200"/);
    await eventually(async () => {
      const rows = (await loggedRows(scene.node.store)).filter((row) => row['request_id'] === requestId!.string_param);
      assert.deepEqual(rows.map((row) => row['route']).sort(), ['champion', 'shadow']);
    });
  });

  it('finishes what is under way when it ends, and is back on the same port', async () => {
    const load = startGrpcLoad(client, inferRequest([ROW]));
    await load.pass(50);
    const stopped = scene.node.stop();
    await eventually(async () => assert.equal((await client.infer(inferRequest([ROW]))).code, UNAVAILABLE));
    assert.equal(await stopped, 0);
    const { failures, answered } = await load.stop();
    assert.ok(answered > 50);
    // Nothing that it had taken was broken off: later calls found nobody.
    for (const failure of failures) assert.match(failure, /^14 (Stream refused by server|No connection established)/);
    await scene.node.restart();
    await scene.ready(scene.first.artifactDigest);
    const again = grpcClient(scene.node.grpcAddress());
    assert.equal((await again.infer(inferRequest([ROW]))).code, OK);
    again.close();
  });
});

describe('a busy model over gRPC', () => {
  let scene: Scene;
  let client: GrpcClient;
  before(async () => {
    scene = await openScene({ queueRows: 2, batchRows: 1 });
    client = grpcClient(scene.node.grpcAddress());
    const options = {
      smoke: null,
      signature: { ...SIGNATURE, features: [{ name: 'hour', type: 'number', log: 'value' }] },
    } as const;
    const artifact = await scene.store(slow(400), options);
    await scene.apply(targetVersion(artifact, 100));
    await scene.ready(artifact.artifactDigest);
  });
  after(async () => {
    client.close();
    await scene.node.discard();
  });

  const figure = async (name: string): Promise<number> => {
    const metrics = await (await fetch(`${scene.node.url()}/metrics`)).text();
    return Number(new RegExp(`^${name}.* ([0-9.e+]+)$`, 'm').exec(metrics)?.[1]);
  };
  /** A run of the model that others wait for: it has begun when this resolves, and `ended` says how it ended. */
  const occupy = async (): Promise<{ readonly ended: Promise<Ended> }> => {
    const before = await figure('nv_inference_exec_count');
    const ended = client.infer(hourRequest(1));
    await eventually(async () => assert.ok((await figure('nv_inference_exec_count')) > before));
    return { ended };
  };

  it('tells who comes when too much waits when to come again', async () => {
    const all = await Promise.all(Array.from({ length: 12 }, (_, hour) => client.infer(hourRequest(hour))));
    const busy = all.filter(({ code }) => code === RESOURCE_EXHAUSTED);
    assert.ok(busy.length > 0 && all.some(({ code }) => code === OK), all.map(({ code }) => code).join(' '));
    for (const { details, metadata } of busy) {
      assert.match(details, /^too many requests wait for the model$/);
      assert.ok(Number(metadata['grpc-retry-pushback-ms']) >= 1_000);
    }
  });

  it('asks no model for who has no time to wait for it, and counts that for nobody', async () => {
    const { ended } = await occupy();
    const before = (await scene.node.target.measure(MODEL, 'test')).counters[0]!;
    assert.equal((await client.infer(hourRequest(2), { deadline: Date.now() + 50 })).code, DEADLINE_EXCEEDED);
    await eventually(async () => assert.equal(await figure('nv_inference_pending_request_count'), 0));
    assert.equal((await ended).code, OK);
    const counters = (await scene.node.target.measure(MODEL, 'test')).counters[0]!;
    assert.deepEqual([counters.requests - before.requests, counters.failures - before.failures], [1, 0]);
  });

  it('takes a call that was cancelled out of the queue', async () => {
    const runs = await figure('nv_inference_exec_count');
    const { ended } = await occupy();
    let cancel = (): void => undefined;
    const second = client.infer(hourRequest(2), { started: (end) => (cancel = end) });
    await eventually(async () => assert.equal(await figure('nv_inference_pending_request_count'), 1));
    cancel();
    assert.equal((await second).code, CANCELLED);
    await eventually(async () => assert.equal(await figure('nv_inference_request_failure\\{reason="CANCELED"'), 1));
    assert.equal(await figure('nv_inference_pending_request_count'), 0);
    assert.equal((await ended).code, OK);
    assert.equal(await figure('nv_inference_exec_count'), runs + 1, 'the model was asked once');
  });

  it('says UNAVAILABLE, and when to come again, while a version loads', async () => {
    const artifact = await scene.store(slow(401), {
      smoke: null,
      signature: { ...SIGNATURE, features: [{ name: 'hour', type: 'number', log: 'value' }] },
    });
    const versions = [targetVersion(artifact, 100)];
    await scene.node.target.apply({ model: 'next', environment: 'test', fence: { epoch: 1, seq: 1 }, versions });
    const { code, details, metadata } = await client.infer({ ...hourRequest(1), model_name: 'next' });
    assert.deepEqual([code, details], [UNAVAILABLE, 'no version of next is ready']);
    assert.equal(metadata['grpc-retry-pushback-ms'], '1000');
    assert.equal((await scene.node.target.observe('next', 'test'))?.grpcAddress, scene.node.grpcAddress());
    assert.deepEqual((await client.ask('ModelReady', { name: 'next' })).answer, { ready: false });
    assert.deepEqual((await client.health('')).answer, { status: 'NOT_SERVING' });
  });
});
