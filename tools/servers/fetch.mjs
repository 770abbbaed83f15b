import { createHash, randomUUID } from 'node:crypto';
import {
  chmodSync,
  createReadStream,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { SERVERS, cacheFolder, cachedServerPath, locateServer } from '../../dist/src/supervisor/locateServer.js';
import { withLock } from '../lock.mjs';
import { say, step } from '../setup/progress.mjs';
import { run } from '../setup/run.mjs';
import { PINS } from './pins.mjs';
import { download, goBuild, wheel } from './ways.mjs';

/**
 * Makes sure that a server is on this machine, by the first way that works.
 *
 * @param {keyof typeof PINS} name
 * @param {{env?: NodeJS.ProcessEnv, pins?: typeof PINS}} [options]
 * @returns {Promise<{path: string, how: string} | {tried: string[]}>} where it is, or every way that was tried and why not
 */
export async function fetchServer(name, { env = process.env, pins = PINS } = {}) {
  const present = await findUsable(name, env, pins);
  if (present !== undefined) return present;
  const lock = join(cacheFolder(env), 'servers', `${name}.lock`);
  return withLock(
    lock,
    async () =>
      (await findUsable(name, env, pins)) ??
      step(SERVERS[name].title, (note) => fetchByAnyWay(name, env, pins, note), outcomeOf),
    ({ pid }) => say(`${SERVERS[name].title}: waiting for process ${pid}, which fetches it`),
  );
}

const outcomeOf = ({ path, how }) => (path === undefined ? 'given up' : `there (${how})`);

/** Configured, on PATH, or in the cache and whole; a cached file that is not what was put there is removed. */
async function findUsable(name, env, pins) {
  for (;;) {
    const located = locateServer(name, env);
    if (located === undefined) return undefined;
    if (located.found !== 'in the cache' || (await isWhole(located.path, pins[name])))
      return { path: located.path, how: located.found };
    say(`${SERVERS[name].title}: the cached file is damaged, fetching it again`);
    rmSync(dirname(located.path), { recursive: true, force: true });
  }
}

async function fetchByAnyWay(name, env, pins, note) {
  const servers = join(cacheFolder(env), 'servers');
  removeLeftovers(servers, name);
  const tried = [`${SERVERS[name].variable}: not set`, `PATH: ${onPathReason(name)}`, `cache (${servers}): not there`];
  for (const way of waysOf(pins[name])) {
    const folder = join(servers, `.partial-${name}-${randomUUID()}`);
    mkdirSync(folder, { recursive: true });
    try {
      const target = join(folder, name);
      await way.get({ name, folder, target, note, env });
      return { path: await publish(name, way, target, env), how: way.label };
    } catch (error) {
      tried.push(`${way.label}: ${error.message}`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  return { tried };
}

/** @returns the ways of this platform in their order */
function waysOf(pin) {
  const platform = `${process.platform}-${process.arch}`;
  const hash = pin.hashes[platform];
  const ways = [];
  if (hash !== undefined && pin.download !== undefined) {
    const url = pin.download(platform);
    ways.push({
      label: `download from ${new URL(url).host}`,
      version: pin.version,
      get: (at) => download({ ...at, url, hash }),
    });
  }
  if (hash !== undefined && pin.wheel !== undefined) {
    ways.push({
      label: `wheel ${pin.wheel}`,
      version: pin.version,
      get: (at) => wheel({ ...at, requirement: pin.wheel, hash }),
    });
  }
  if (pin.go !== undefined) {
    const { module, package: packagePath, version } = pin.go;
    ways.push({ label: `Go build of ${packagePath}`, version, get: (at) => goBuild({ ...at, module, packagePath }) });
  }
  return ways;
}

/** Tries the executable, notes what it is, and moves it to its place in one step. */
async function publish(name, way, draft, env) {
  chmodSync(draft, 0o755);
  const { probe } = SERVERS[name];
  if (probe !== undefined) {
    const { output, ok } = await run(draft, [...probe.args], { timeoutMs: 20_000 });
    if (!ok && !output.includes(probe.has)) throw new Error(`it does not run here: ${output}`);
  }
  const path = cachedServerPath(cacheFolder(env), name, way.version);
  mkdirSync(dirname(path), { recursive: true });
  writeOrigin(path, { way: way.label, version: way.version, ...(await identityOf(draft)) });
  renameSync(draft, path);
  return path;
}

/** Size and time are compared at every start, the bytes only when these differ. */
async function isWhole(path, pin) {
  const origin = readOrigin(path);
  const { size, mtimeMs } = statSync(path);
  if (origin !== undefined && origin.size === size && origin.mtimeMs === mtimeMs) return true;
  const pinned = pin.hashes[`${process.platform}-${process.arch}`]?.binary;
  const identity = await identityOf(path);
  if (identity.sha256 !== (origin?.sha256 ?? pinned)) return false;
  writeOrigin(path, { ...(origin ?? { way: 'put there by hand' }), ...identity });
  return true;
}

async function identityOf(path) {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 4 * 1024 * 1024 }), hash);
  const { size, mtimeMs } = statSync(path);
  return { sha256: hash.digest('hex'), size, mtimeMs };
}

const originPath = (path) => join(dirname(path), 'origin.json');

function writeOrigin(path, origin) {
  const draft = `${originPath(path)}.${randomUUID()}`;
  writeFileSync(draft, `${JSON.stringify(origin, null, 2)}\n`);
  renameSync(draft, originPath(path));
}

function readOrigin(path) {
  try {
    return JSON.parse(readFileSync(originPath(path), 'utf8'));
  } catch {
    return undefined;
  }
}

/** What a fetch that was cut off left behind; the lock is ours, so nobody uses it. */
function removeLeftovers(servers, name) {
  for (const item of readdirSync(servers)) {
    if (item.startsWith(`.partial-${name}-`)) rmSync(join(servers, item), { recursive: true, force: true });
  }
}

const onPathReason = (name) =>
  SERVERS[name].probe === undefined ? 'not there' : 'not there, or without what is needed';
