// The definition of HTTPRoute, out of the Go module of the Gateway API; its checksum is the one that Go's own database has.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheFolder } from '../../dist/src/supervisor/locateServer.js';
import { run } from '../setup/run.mjs';
import { fileOfZip } from './archive.mjs';

const MODULE = 'sigs.k8s.io/gateway-api@v1.7.0';
const SUM = 'h1:duVnm7nO6oXfMMUWfcDoBph47CYR/ME3NGxccOVglaY=';
const FILE = 'config/crd/standard/gateway.networking.k8s.io_httproutes.yaml';

/** @returns {Promise<string>} path of the YAML file */
export async function fetchHttpRouteDefinition(env = process.env) {
  const path = join(cacheFolder(env), 'servers', 'gateway-api-1.7.0', 'httproutes.yaml');
  if (existsSync(path)) return path;
  // The exit code says whether this Go could build it, which nobody asks for.
  const { output } = await run('go', ['mod', 'download', '-json', MODULE], {
    env: { ...env, GOWORK: 'off', GOFLAGS: '' },
    timeoutMs: 120_000,
  });
  const said = (key) => new RegExp(`"${key}": "([^"]+)"`).exec(output)?.[1];
  if (said('Sum') !== SUM) throw new Error(`${MODULE} cannot be had through Go: ${output}`);
  const file = fileOfZip(readFileSync(said('Zip')), FILE);
  if (file === undefined) throw new Error(`${MODULE} has no ${FILE}`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.${process.pid}`, file);
  renameSync(`${path}.${process.pid}`, path);
  return path;
}
