import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import autocannon from 'autocannon';
import { compare } from '../measure.mjs';
import { requestOf } from './model.mjs';

const CONNECTIONS = 8;
const SECONDS = 3;

/** Requests per second of a model server with a model of trees, against `node:http` that only answers. */
export const compareServing = async ({ rounds }) => {
  const [ours, echo] = await Promise.all(['slipway', 'echo'].map(startServer));
  try {
    const rows = [];
    for (const batch of [1, 256]) {
      const body = requestOf(batch);
      rows.push(
        await compare({
          rounds,
          name: `inference, batch ${batch}`,
          peerName: 'bare node:http',
          unit: 'requests/s',
          higherIsBetter: true,
          value: (sample) => sample.value,
          ours: () => load(`${ours.url}/v2/models/late/infer`, body),
          peer: () => load(`${echo.url}/`, body),
        }),
      );
    }
    return rows;
  } finally {
    await Promise.all([ours, echo].map((server) => server.stop()));
  }
};

/** Answers per second; a request that fails makes the figure worthless, so it ends the comparison. */
const load = async (url, body) => {
  const result = await autocannon({
    url,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
    connections: CONNECTIONS,
    duration: SECONDS,
  });
  if (result.errors > 0 || result.non2xx > 0)
    throw new Error(`${url}: ${result.errors} errors, ${result.non2xx} answers that are no 200`);
  return result['2xx'] / result.duration;
};

const startServer = async (kind) => {
  const child = spawn(process.execPath, [fileURLToPath(new URL('server.mjs', import.meta.url)), kind], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [url] = await once(createInterface({ input: child.stdout }), 'line');
  return {
    url,
    stop: async () => {
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
};
