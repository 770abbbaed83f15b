import autocannon from 'autocannon';
import { compare } from '../measure.mjs';
import { callOf, loadGrpc } from './grpcLoad.mjs';
import { requestOf, trainOnnx } from './model.mjs';
import { processSeconds } from './processTime.mjs';
import { startOurs } from './servers.mjs';

const CONNECTIONS = 8;
const SECONDS = 2;

/** Requests per second through the router over gRPC, against the same node over HTTP with binary tensors. */
export const compareGrpc = async ({ rounds }) => {
  const node = await startOurs('router', trainOnnx());
  const cpu = new Map();
  /** Of the router's process: the model server's work is the same for both. */
  const measured = async (key, load) => {
    const before = processSeconds(node.pid);
    const answered = await load();
    cpu.set(key, [...(cpu.get(key) ?? []), ((processSeconds(node.pid) - before) * 1e6) / answered]);
    return answered / SECONDS;
  };
  const overHttp = (batch) => () =>
    measured(`HTTP | ${batch}`, async () => {
      const request = requestOf(batch, { binary: true, output: node.output });
      const load = { url: node.url, method: 'POST', connections: CONNECTIONS, duration: SECONDS };
      const result = await autocannon({ ...load, ...request });
      if (result.errors > 0 || result.non2xx > 0) throw new Error(`${result.errors} errors, ${result.non2xx} refusals`);
      return result['2xx'];
    });
  const overGrpc = (batch) => {
    const call = callOf(batch, node.output);
    return () =>
      measured(
        `gRPC | ${batch}`,
        async () => (await loadGrpc(node.grpc, call, { connections: CONNECTIONS, seconds: SECONDS })).length,
      );
  };
  const rows = [];
  try {
    for (const batch of [1, 256])
      rows.push(
        await compare({
          rounds,
          name: `inference over gRPC, ${batch === 1 ? '1 row' : `${batch} rows`}, through the router`,
          peerName: 'HTTP, binary',
          unit: 'requests/s',
          higherIsBetter: true,
          value: (sample) => sample.value,
          ours: overGrpc(batch),
          peer: overHttp(batch),
        }),
      );
  } finally {
    await node.stop();
  }
  const middle = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
  const lines = [...cpu].map(([key, values]) => `| ${key} | ${middle(values).toFixed(0)} us |`);
  return {
    rows,
    notes: ['| Protocol | Rows | CPU of router and model server per request |', '| --- | --- | --- |', ...lines].join(
      '\n',
    ),
  };
};
