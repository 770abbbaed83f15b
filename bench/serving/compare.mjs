import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import autocannon from 'autocannon';
import { compare } from '../measure.mjs';
import { requestOf, trainOnnx } from './model.mjs';
import { processSeconds } from './processTime.mjs';
import { startKserve, startMlserver, startOurs } from './servers.mjs';

const CONNECTIONS = 8;
const SECONDS = 2;
const BATCHES = [1, 256];
const run = promisify(execFile);

/**
 * Requests per second with boosted trees, directly and through the router, against `node:http` that only answers, ONNX Runtime
 * alone, and the Python servers of MLServer and KServe, which are left out where they cannot be installed.
 */
export const compareServing = async ({ rounds }) => {
  const onnx = trainOnnx();
  const details = new Map();
  const rows = [];
  const measure = async (name, peerName, ours, peer) => {
    const row = await compare({
      rounds,
      name,
      peerName,
      unit: 'requests/s',
      higherIsBetter: true,
      value: (sample) => sample.value,
      ours,
      peer,
    });
    rows.push(row);
    // Told at once: the whole takes a while.
    const told = row.finished ? `${Math.round(row.ours)} against ${Math.round(row.peer)}` : 'never steady';
    console.error(`bench: ${name}, ${peerName}: ${told}`);
  };
  const asked = (server, who, batch, binary) => () => load(server, who, batch, binary, details);
  const running = [];
  const started = async (start) => {
    const server = await start;
    running.push(server);
    return server;
  };
  try {
    const ours = await started(startOurs('slipway', onnx));
    for (const [who, start] of [
      ['MLServer 1.7.1', startMlserver],
      ['KServe 0.21.0', startKserve],
    ]) {
      const peer = await start().catch((error) => console.error(`bench: without ${who}: ${error.message}`));
      if (peer === undefined) continue;
      for (const batch of BATCHES)
        for (const binary of [false, true]) {
          // A server without binary data is asked in JSON instead, and the row says so.
          const theirs = binary && (await accepts(peer, batch, true));
          await measure(
            `inference, ${kindOf(batch, binary)}`,
            theirs === binary ? who : `${who}, in JSON`,
            asked(ours, 'Slipway', batch, binary),
            asked(peer, who, batch, theirs),
          );
        }
      await peer.stop();
    }
    const echo = await started(startOurs('echo'));
    const router = await started(startOurs('router', onnx));
    const unlogged = await started(startOurs('slipway', onnx, 'off'));
    for (const batch of BATCHES)
      for (const binary of [false, true]) {
        const name = `inference, ${kindOf(batch, binary)}`;
        const direct = asked(ours, 'Slipway', batch, binary);
        const bare = asked(echo, 'bare node:http', batch, binary);
        await measure(name, 'bare node:http', direct, bare);
        await measure(`${name}, through the router`, 'bare node:http', asked(router, 'router', batch, binary), bare);
      }
    await measure('inference, 256 rows, binary', 'ONNX Runtime alone', asked(ours, 'Slipway', 256, true), async () =>
      Number((await run(process.execPath, [BARE, onnx, '256', String(SECONDS * 1_000)])).stdout),
    );
    await measure(
      'inference, 256 rows, binary, logged',
      'the same, nothing logged',
      asked(ours, 'Slipway', 256, true),
      asked(unlogged, 'nothing logged', 256, true),
    );
  } finally {
    await Promise.all(running.map((server) => server.stop()));
  }
  return { rows, notes: detailTable(details) };
};

const BARE = fileURLToPath(new URL('bare.mjs', import.meta.url));

const kindOf = (batch, binary) => `${batch === 1 ? '1 row' : `${batch} rows`}, ${binary ? 'binary' : 'JSON'}`;

/** Whether a server answers such a request with 200: not every server has binary data. */
const accepts = async ({ url, output }, batch, binary) => {
  const answer = await fetch(url, { method: 'POST', ...requestOf(batch, { binary, output }) });
  await answer.arrayBuffer();
  return answer.ok;
};

/** Answers per second; a request that fails makes the figure worthless, so it ends the comparison. */
const load = async (server, who, batch, binary, details) => {
  const before = processSeconds(server.pid);
  const result = await autocannon({
    url: server.url,
    method: 'POST',
    ...requestOf(batch, { binary, output: server.output }),
    connections: CONNECTIONS,
    duration: SECONDS,
  });
  if (result.errors > 0 || result.non2xx > 0)
    throw new Error(`${server.url}: ${result.errors} errors, ${result.non2xx} answers that are no 200`);
  const cpuUs = ((processSeconds(server.pid) - before) * 1e6) / result['2xx'];
  const { p50, p99 } = result.latency;
  const key = `${who} | ${kindOf(batch, binary)}`;
  const perSecond = result['2xx'] / result.duration;
  details.set(key, [...(details.get(key) ?? []), { perSecond, p50, p99, cpuUs }]);
  return perSecond;
};

/** Median of each figure over all loads, also of the warm-up and of rounds that were void. */
const detailTable = (details) => {
  const middle = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
  const lines = [...details].map(([key, loads]) => {
    const [perSecond, p50, p99, cpu] = ['perSecond', 'p50', 'p99', 'cpuUs'].map((figure) =>
      middle(loads.map((one) => one[figure])),
    );
    return `| ${key} | ${Math.round(perSecond)} | ${p50} ms | ${p99} ms | ${cpu.toFixed(0)} us |`;
  });
  return [
    '| Server | Request | Requests/s | p50 | p99 | CPU per request |',
    '| --- | --- | --- | --- | --- | --- |',
    ...lines,
  ].join('\n');
};
