import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { installPeer } from '../peers.mjs';

const SCRIPT = fileURLToPath(new URL('peer.py', import.meta.url));
const run = promisify(execFile);

/**
 * Clients of an S3 store that teams use, each with its defaults. `put` and `get` move one file; `stop` ends what they run.
 *
 * @param {{endpoint: string, accessKey: string, secretKey: string, bucket: string, folder: string, port: number}} given
 */
export const openPeers = async ({ endpoint, accessKey, secretKey, bucket, folder, port }) => {
  const program = installPeer('transfer', ['boto3', 's5cmd', 'mlflow']);
  const env = {
    PATH: process.env['PATH'],
    HOME: folder,
    AWS_ACCESS_KEY_ID: accessKey,
    AWS_SECRET_ACCESS_KEY: secretKey,
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_ENDPOINT_URL: endpoint,
    MLFLOW_S3_ENDPOINT_URL: endpoint,
    MLFLOW_TRACKING_URI: `http://127.0.0.1:${port}`,
    // A file goes to the store in parts, by addresses that the server signs, and not through the server.
    MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD: 'true',
    MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR: 'false',
    GIT_PYTHON_REFRESH: 'quiet',
    BUCKET: bucket,
  };
  const server = spawn(
    program('mlflow'),
    [
      ...['server', '--host', '127.0.0.1', '--port', String(port), '--workers', '1'],
      ...['--backend-store-uri', `sqlite:///${join(folder, 'mlflow.db')}`],
      ...['--artifacts-destination', `s3://${bucket}/mlflow`],
    ],
    { env, cwd: folder, stdio: 'ignore', detached: true },
  );
  await answers(`http://127.0.0.1:${port}/health`);
  const resident = async (name) => openResident(spawn(program('python'), [SCRIPT, name], { env, cwd: folder }));
  const [boto3, mlflow] = await Promise.all([resident('boto3'), resident('mlflow')]);
  const s5cmd = (...words) => run(program('s5cmd'), ['--endpoint-url', endpoint, ...words], { env, cwd: folder });
  const version = async (name) => {
    const { stdout } = await run(program('python'), [
      '-c',
      `import importlib.metadata as m; print(m.version('${name}'))`,
    ]);
    return `${name} ${stdout.trim()}`;
  };
  return {
    peers: [
      { name: await version('boto3'), put: boto3.ask('put'), get: boto3.ask('get') },
      {
        name: await version('s5cmd'),
        put: (path, key) => s5cmd('cp', path, `s3://${bucket}/${key}`),
        get: (path, key) => s5cmd('cp', `s3://${bucket}/${key}`, path),
      },
      { name: await version('mlflow'), put: mlflow.ask('put'), get: mlflow.ask('get'), namesItself: true },
    ],
    stop: async () => {
      boto3.end();
      mlflow.end();
      // Its workers are processes of their own.
      process.kill(-server.pid, 'SIGTERM');
      await once(server, 'exit');
    },
  };
};

const openResident = async (child) => {
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`${child.spawnargs.at(-1)} ended`);
    const said = JSON.parse(value);
    if (said.error !== undefined) throw new Error(said.error);
  };
  child.stderr.resume();
  await answer();
  return {
    ask: (what) => async (path, key) => {
      child.stdin.write(`${JSON.stringify({ do: what, path, key })}\n`);
      await answer();
    },
    end: () => child.stdin.end(),
  };
};

const answers = async (url) => {
  const deadline = Date.now() + 120_000;
  while (Date.now() < deadline) {
    if (
      await fetch(url).then(
        ({ ok }) => ok,
        () => false,
      )
    )
      return;
    await new Promise((next) => setTimeout(next, 200));
  }
  throw new Error(`${url} does not answer`);
};
