/** environments of slipway.config.yaml: where each of them runs, and how it is told. */
import { z } from 'zod';
import { duration, name, variableName } from '../contract/names.js';
import { mapping, wholeNumber } from '../contract/yaml/expected.js';
import { kserve, kubernetes } from './kubernetesTarget.js';
import { filePath, hostAndPort, hostNames, url } from './places.js';

const local = mapping({
  adminSocket: filePath,
  admin: mapping({ address: hostAndPort, tokenFile: filePath })
    .exactOptional()
    .describe('For workers and API on other machines: its admin side on the network too, for who shows the token.'),
  url,
  grpcPort: wholeNumber()
    .min(1)
    .max(65_535)
    .exactOptional()
    .describe('Its port for gRPC, on the same host; without it, it does not speak gRPC.'),
  hosts: hostNames,
});

const program = z
  .array(z.string({ error: 'a program and its arguments' }).min(1).max(4096), {
    error: 'a list: a program and its arguments, which no shell reads',
  })
  .min(1)
  .max(100);

const command = mapping({
  deploy: program.describe('Brings a version that is not there yet.'),
  status: program.describe('Says what runs, and which command was taken last.'),
  shift: program.describe('Changes the shares of versions that are there.'),
  rollback: program.describe('Gives everything back to the champion, or takes the last version away.'),
  measure: program
    .exactOptional()
    .describe('Counts requests per version since the last command; without it no analysis of a canary passes.'),
  timeout: duration('1s', '60s')
    .default(30_000)
    .describe('How long one call may take; what loads longer is asked for again.'),
  inferenceUrl: url.describe('Where callers ask, unless `status` says so itself.'),
  secrets: z
    .record(variableName, name)
    .default({})
    .describe('Variable of the programs, and name of the secret: the variable holds the path of an open file with it.'),
  shadows: z.boolean().default(false).describe('The platform can send a shadow copies of requests.'),
});

export const environment = mapping({
  name,
  target: mapping({
    local: local.exactOptional().describe('A serving node of Slipway.'),
    command: command.exactOptional().describe("The operator's own programs; docs/targets.md."),
    kubernetes: kubernetes.exactOptional().describe('A cluster of Kubernetes; docs/targets-kubernetes.md.'),
    kserve: kserve.exactOptional().describe('A cluster with KServe; docs/targets-kubernetes.md, "KServe".'),
  }),
});
