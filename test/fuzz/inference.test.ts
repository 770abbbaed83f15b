/** S51: a million requests that are damaged, cut off or slow, to a model server in a process of its own. */
import assert from 'node:assert/strict';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { setImmediate as turn } from 'node:timers/promises';
import { createExchange, type Exchange } from '../../src/serving-node/route/exchange.js';
import { exchangeJson } from '../../src/transport/exchange.js';
import { layDown, makeArtifact, predicted, testModel } from '../fixtures/artifact.js';
import { eventually } from '../fixtures/eventually.js';
import { inferBody } from '../fixtures/inferRequests.js';
import { mutate, stream, type Random, type Shot } from '../serving/shots.js';

/** `FUZZ_REQUESTS=20000` for a short run. */
const REQUESTS = Number(process.env['FUZZ_REQUESTS'] ?? 1_000_000);
const SHOOTERS = 32;
/** One of so many goes over a connection of its own: in chunks, slowly, or only in part. */
const RAW = 50;
/** Memory is looked at, and the prediction log's files are thrown away, so often in a run. */
const LOOKS = 20;
const ANSWER_MS = 60_000;
const PATH = '/v2/models/late/infer';
const LIMITS = { requestBytes: 65_536, logRows: 8_192, logEveryMs: 3_600_000 };

describe('a model server that is shot at', () => {
  let folder: string;
  let child: ChildProcess;
  let socket: string;
  let exchange: Exchange;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-fuzz-'));
    socket = join(folder, 's');
    const entry = fileURLToPath(new URL('../fixtures/modelServerProcess.js', import.meta.url));
    child = spawn(process.execPath, [entry], {
      stdio: ['pipe', 'inherit', 'inherit'],
      env: {
        ...process.env,
        SLIPWAY_MODEL: 'late',
        SLIPWAY_ENVIRONMENT: 'test',
        SLIPWAY_ARTIFACT: await layDown(join(folder, 'artifact'), makeArtifact(testModel(0.1))),
        SLIPWAY_MODEL_SOCKET: socket,
        SLIPWAY_SERVING_LIMITS: JSON.stringify(LIMITS),
        SLIPWAY_STORE_ENDPOINT: join(folder, 'store'),
      },
    });
    exchange = createExchange(socket);
    await eventually(async () => {
      const { status } = await exchangeJson({ socketPath: socket }, { path: '/v2/health/ready', timeoutMs: 1_000 });
      assert.equal(status, 200);
    }, 30_000);
  });
  after(async () => {
    exchange.close();
    child.kill('SIGTERM');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    await rm(folder, { recursive: true, force: true });
  });

  const shoot = ({ body, headers }: Shot) => {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const head = `POST ${PATH} HTTP/1.1\r\nhost: model\r\n${lines.join('')}content-length: ${body.length}\r\n\r\n`;
    return exchange.send(head, body, ANSWER_MS);
  };

  /** Whatever comes back, if anything: the connection ends. */
  const shootRaw = (random: Random, { body }: Shot): Promise<void> =>
    new Promise((resolve) => {
      const connection = createConnection(socket);
      connection.on('error', () => undefined).on('close', () => resolve());
      connection.resume();
      void (async () => {
        const kind = random.below(4);
        const length = kind === 0 ? 'transfer-encoding: chunked' : `content-length: ${body.length + 100 * (kind % 2)}`;
        connection.write(`POST ${PATH} HTTP/1.1\r\nhost: model\r\ncontent-type: application/json\r\n${length}\r\n\r\n`);
        for (let at = 0; at < body.length && !connection.destroyed;) {
          const size = 1 + random.below(200);
          const part = body.subarray(at, at + size);
          connection.write(
            kind === 0
              ? Buffer.concat([Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n')])
              : part,
          );
          at += size;
          await turn();
          // Some go away in the middle.
          if (kind === 3 && random.below(10) === 0) return void connection.destroy();
        }
        connection.end(kind === 0 && random.below(2) === 0 ? '0\r\n\r\n' : '');
      })();
    });

  const residentMiB = (): number =>
    Number(execFileSync('ps', ['-o', 'rss=', '-p', String(child.pid)], { encoding: 'utf8' })) / 1024;

  it(`answers ${REQUESTS} requests with 200 or a 4xx in the protocol's words, in memory that does not grow`, async () => {
    const random = stream(51);
    const counts: Record<number, number> = {};
    const memory: number[] = [];
    let left = REQUESTS;
    const shooter = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        if (left % Math.ceil(REQUESTS / LOOKS) === 0) {
          memory.push(residentMiB());
          await rm(join(folder, 'store'), { recursive: true, force: true, maxRetries: 3 });
        }
        const shot = mutate(random);
        if (random.below(RAW) === 0) {
          await shootRaw(random, shot);
          continue;
        }
        const { status, headers, body } = await shoot(shot);
        counts[status] = (counts[status] ?? 0) + 1;
        assert.ok(status === 200 || (status >= 400 && status < 500), `${status} for ${shot.body.toString('latin1')}`);
        assert.equal(headers['content-type'], 'application/json');
        const answer = JSON.parse(body.toString('utf8')) as { error?: unknown; outputs?: unknown };
        assert.equal(typeof (status === 200 ? answer.outputs : answer.error), status === 200 ? 'object' : 'string');
      }
    };
    await Promise.all(Array.from({ length: SHOOTERS }, shooter));
    console.log(`answers by status: ${JSON.stringify(counts)}; MiB: ${memory.map(Math.round).join(' ')}`);
    assert.equal(child.exitCode, null, 'it is the same process');
    assert.ok((counts[400] ?? 0) > REQUESTS / 3 && (counts[200] ?? 0) > 0 && (counts[415] ?? 0) > 0);
    const early = middle(memory.slice(LOOKS / 4, LOOKS / 2));
    const late = middle(memory.slice(-LOOKS / 4));
    assert.ok(late < 1.3 * early, `memory grew from ${early} to ${late} MiB`);
    const { status, body } = await shoot({
      body: Buffer.from(inferBody([{ hour: 7, distance: 1, origin: 'a' }])),
      headers: { 'content-type': 'application/json' },
    });
    assert.equal(status, 200);
    const { outputs } = JSON.parse(body.toString('utf8')) as { outputs: readonly { data: readonly number[] }[] };
    assert.ok(Math.abs(outputs[0]!.data[0]! - predicted(0.1, 7, 1, 0)) < 1e-6);
  });
});

const middle = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;
