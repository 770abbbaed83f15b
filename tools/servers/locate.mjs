// Where the servers are that Slipway starts: configured path, PATH, cache. Fetches nothing; tools/setup.mjs does.
import { SERVERS, locateServer } from '../../dist/src/supervisor/locateServer.js';

/**
 * @param {'temporal' | 'temporal-test-server' | 'minio' | 'weed' | 'etcd' | 'kube-apiserver'} name
 * @returns {string} path of the executable
 * @throws {Error} when it is nowhere
 */
export function locate(name) {
  const located = locateServer(name, process.env);
  if (located !== undefined) return located.path;
  throw new Error(`${SERVERS[name].title} is not on this machine: run \`node tools/setup.mjs --tests\``);
}
