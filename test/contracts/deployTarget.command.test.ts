import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { createCommandTarget, type CommandTargetOptions } from '../../src/adapters/process/commandTarget.js';
import { openServingArtifacts } from '../fixtures/servingArtifacts.js';
import { startTestNode } from '../fixtures/servingNode.js';
import { describeDeployTarget } from './deployTarget.js';

const EXAMPLE = fileURLToPath(new URL('../../../examples/command-target/target.mjs', import.meta.url));

describeDeployTarget('programs of the operator, as in examples/command-target', async () => {
  const node = await startTestNode();
  const program = (operation: string) => [
    ...[process.execPath, EXAMPLE, operation],
    ...['--state', join(node.directory, 'told'), '--socket', node.adminSocket],
  ];
  const options: CommandTargetOptions = {
    environment: 'test',
    programs: {
      deploy: program('deploy'),
      status: program('status'),
      shift: program('shift'),
      rollback: program('rollback'),
      measure: program('measure'),
    },
    directory: node.directory,
    path: process.env['PATH'] ?? '',
    timeoutMs: 30_000,
    secrets: [],
    secretStore: { read: () => Promise.reject(new Error('no secrets')) },
    inferenceUrl: node.url(),
    shadows: true,
    artifacts: { endpoint: 'http://store.invalid', region: 'us-east-1', bucket: 'slipway' },
  };
  const { programs } = options;
  /** Does what it is told, and dies before anybody hears of it. */
  const lost = (argv: readonly string[]) => ['/bin/sh', '-c', '"$@" >/dev/null; kill -9 $$', 'sh', ...argv];
  return {
    ...(await openServingArtifacts(node)),
    target: createCommandTarget(options),
    losing: createCommandTarget({
      ...options,
      programs: {
        ...programs,
        deploy: lost(programs.deploy),
        shift: lost(programs.shift),
        rollback: lost(programs.rollback),
      },
    }),
    unreachable: createCommandTarget({ ...options, programs: { ...programs, status: ['/nowhere/at/all'] } }),
  };
});
