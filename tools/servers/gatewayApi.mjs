// Definitions of kinds of Kubernetes, out of the Go modules of their projects; checksums are those that Go's own database has.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheFolder } from '../../dist/src/supervisor/locateServer.js';
import { run } from '../setup/run.mjs';
import { fileOfZip } from './archive.mjs';

const HTTP_ROUTE = {
  cached: 'gateway-api-1.7.0/httproutes.yaml',
  module: 'sigs.k8s.io/gateway-api@v1.7.0',
  sum: 'h1:duVnm7nO6oXfMMUWfcDoBph47CYR/ME3NGxccOVglaY=',
  file: 'config/crd/standard/gateway.networking.k8s.io_httproutes.yaml',
};

const SCALED_OBJECT = {
  cached: 'keda-2.21.0/scaledobjects.yaml',
  module: 'github.com/kedacore/keda/v2@v2.21.0',
  sum: 'h1:R6z2HZvstK4RLUMxroNACzBj74xGxt3kG59b5Xc+Xps=',
  file: 'config/crd/bases/keda.sh_scaledobjects.yaml',
};

/** What each trigger may say: the definition of ScaledObject takes anything there. */
const SCALERS = {
  ...SCALED_OBJECT,
  cached: 'keda-2.21.0/scalers-schema.json',
  file: 'schema/generated/scalers-schema.json',
};

const WORKER_CONTROLLER = {
  module: 'github.com/temporalio/temporal-worker-controller@v1.8.1',
  sum: 'h1:fyGqkeh8sQ0QIoCpko1iUgZ+TbKTyivgTBouiHMPaoM=',
};

const OF_WORKERS = ['connections', 'workerdeployments', 'workerresourcetemplates'].map((kind) => ({
  ...WORKER_CONTROLLER,
  cached: `temporal-worker-controller-1.8.1/${kind}.yaml`,
  file: `helm/temporal-worker-controller-crds/templates/temporal.io_${kind}.yaml`,
}));

/** @returns {Promise<string>} path of the YAML file */
export const fetchHttpRouteDefinition = (env = process.env) => fetchDefinition(HTTP_ROUTE, env);

/** Of KEDA. @returns {Promise<string>} path of the YAML file */
export const fetchScaledObjectDefinition = (env = process.env) => fetchDefinition(SCALED_OBJECT, env);

/** Of KEDA. @returns {Promise<string>} path of the JSON file */
export const fetchScalersSchema = (env = process.env) => fetchDefinition(SCALERS, env);

/** Of Temporal's Worker Controller. @returns {Promise<string[]>} paths of the YAML files */
export const fetchWorkerDefinitions = async (env = process.env) => {
  const paths = [];
  for (const definition of OF_WORKERS) paths.push(await fetchDefinition(definition, env));
  return paths;
};

async function fetchDefinition({ cached, module, sum, file: name }, env) {
  const path = join(cacheFolder(env), 'servers', cached);
  if (existsSync(path)) return path;
  // The exit code says whether this Go could build it, which nobody asks for.
  const { output } = await run('go', ['mod', 'download', '-json', module], {
    env: { ...env, GOWORK: 'off', GOFLAGS: '' },
    timeoutMs: 120_000,
  });
  const said = (key) => new RegExp(`"${key}": "([^"]+)"`).exec(output)?.[1];
  if (said('Sum') !== sum) throw new Error(`${module} cannot be had through Go: ${output}`);
  const file = fileOfZip(readFileSync(said('Zip')), name);
  if (file === undefined) throw new Error(`${module} has no ${name}`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.${process.pid}`, file);
  renameSync(`${path}.${process.pid}`, path);
  return path;
}
