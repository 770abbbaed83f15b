// Servers that are measured, each in a process of its own: ours, and those of others in Python environments of their own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import { installPeer } from '../peers.mjs';
import { trainWith } from './model.mjs';

const INFER = '/v2/models/late/infer';

/** @param {'slipway' | 'router' | 'echo'} kind */
export const startOurs = async (kind, ...words) => {
  const child = spawn(process.execPath, [fileURLToPath(new URL('server.mjs', import.meta.url)), kind, ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  const [url, grpc] = line.split(' ');
  return { ...server(child, kind === 'echo' ? url : `${url}${INFER}`, 'probabilities'), grpc };
};

export const startMlserver = async () => {
  const program = installPeer('mlserver', [
    'mlserver==1.7.1',
    'mlserver-sklearn==1.7.1',
    'uvloop==0.21.0',
    'skl2onnx==1.20.0',
  ]);
  const folder = mkdtempSync(join(tmpdir(), 'slipway-bench-mlserver-'));
  const [http, grpc, metrics] = await Promise.all([freePort(), freePort(), freePort()]);
  const trained = trainWith(program('python'));
  const settings = { http_port: http, grpc_port: grpc, metrics_port: metrics, parallel_workers: 0, debug: false };
  writeFileSync(join(folder, 'settings.json'), JSON.stringify({ host: '127.0.0.1', ...settings }));
  writeFileSync(
    join(folder, 'model-settings.json'),
    JSON.stringify({
      name: 'late',
      implementation: 'mlserver_sklearn.SKLearnModel',
      parameters: { uri: join(trained, 'model.joblib') },
    }),
  );
  const child = spawn(program('mlserver'), ['start', folder], { stdio: 'ignore' });
  return whenReady(child, http, 'predict_proba');
};

export const startKserve = async () => {
  const program = installPeer('kserve-server', ['kserve==0.21.0', 'scikit-learn==1.9.1']);
  const port = await freePort();
  const trained = trainWith(program('python'));
  const words = ['bench/serving/kserve_server.py', join(trained, 'model.joblib'), String(port)];
  const child = spawn(program('python'), words, { stdio: 'ignore' });
  return whenReady(child, port, 'probabilities');
};

const whenReady = async (child, port, output) => {
  for (let tries = 0; tries < 600; tries += 1) {
    if (child.exitCode !== null) throw new Error(`the server ended with code ${child.exitCode}`);
    const answer = await fetch(`http://127.0.0.1:${port}/v2/models/late/ready`).catch(() => undefined);
    if (answer?.ok === true) return server(child, `http://127.0.0.1:${port}${INFER}`, output);
    await delay(100);
  }
  child.kill('SIGKILL');
  throw new Error('the server was not ready within a minute');
};

const server = (child, url, output) => ({
  url,
  output,
  pid: child.pid,
  stop: async () => {
    child.kill('SIGTERM');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  },
});

const freePort = () =>
  new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
