/** slipway.yaml, version 1: the one source of its checks, its JSON Schema and docs/spec.md's tables. */
import { z } from 'zod';
import { duration, name } from '../names.js';
import { mapping } from '../yaml/expected.js';
import { artifact, build, check, install, signature } from './build.js';
import { environment } from './environments.js';
import { gate } from './gates.js';
import { monitoring } from './monitoring.js';

const releases = mapping({
  whenBusy: z
    .enum(['coalesce', 'queue', 'reject'])
    .default('coalesce')
    .describe('What a release does while another one of the model is on its way.'),
  expireAfter: duration('1s', '45d')
    .prefault('30d')
    .describe('With `queue`: a release whose turn has not come by then gives its place up, as expired.'),
});

export const specSchema = mapping({
  version: z.literal(1).describe('Of this format.'),
  model: name.describe("The name of the model in every environment; the same as in the operator's configuration."),
  description: z.string().max(500).default('').describe('What the model is for, in a sentence: reports begin with it.'),
  owners: z.array(name).min(1).max(20).describe('Identities or channels that hear of problems, in order.'),
  install: install.exactOptional(),
  checks: z
    .array(check)
    .max(50)
    .default([])
    .describe('Run at once on a clean checkout; all must pass before the build.'),
  build: build.describe('Steps, or a dvc.yaml, that leave the model and its tables behind.'),
  artifact: artifact.describe('Files that the build leaves behind, and what is said of them.'),
  signature: signature.describe('What the model reads and answers.'),
  gates: z.array(gate).max(50).default([]).describe('Judged in the environments that name them.'),
  environments: z.array(environment).min(1).max(10).describe('In the order in which a release passes them.'),
  monitoring: monitoring
    .exactOptional()
    .describe('Drift and quality in the last environment; not watched where it is absent.'),
  releases: releases.exactOptional().describe('How the releases of the model follow each other.'),
}).meta({
  title: 'slipway.yaml',
  description: 'What a model repository declares: checks, build, gates, environments, monitoring.',
});

export type WrittenSpec = z.output<typeof specSchema>;
