/** slipway.yaml, version 1: the one source of its checks, its JSON Schema and docs/spec.md's tables. */
import { z } from 'zod';
import { name } from '../names.js';
import { mapping } from '../yaml/expected.js';
import { artifact, build, check, install, signature } from './build.js';
import { environment } from './environments.js';
import { gate } from './gates.js';
import { monitoring } from './monitoring.js';

export const specSchema = mapping({
  version: z.literal(1),
  model: name.describe("The name of the model in every environment; the same as in the operator's configuration."),
  description: z.string().max(500).default(''),
  owners: z.array(name).min(1).max(20).describe('Identities or channels that hear of problems, in order.'),
  install: install.exactOptional(),
  checks: z.array(check).max(50).default([]),
  build,
  artifact,
  signature,
  gates: z.array(gate).max(50).default([]),
  environments: z.array(environment).min(1).max(10).describe('In the order in which a release passes them.'),
  monitoring: monitoring.exactOptional(),
}).meta({
  title: 'slipway.yaml',
  description: 'What a model repository declares: checks, build, gates, environments, monitoring.',
});

export type WrittenSpec = z.output<typeof specSchema>;
