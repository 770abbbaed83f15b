import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { dieWithParent } from '../../src/supervisor/serverCommand.js';
import { TEMPORAL_SEARCH_ATTRIBUTES } from '../../src/supervisor/temporalServer.js';
import { locate } from './locate.js';

/** `INDEXED_VALUE_TYPE_KEYWORD` of Temporal's API. */
const KEYWORD = 2;

/**
 * The time-skipping test server with our search attributes. It has no Schedules and no list or count: those are tested
 * on the development server. End it with `teardown()`.
 */
export const startTimeSkipping = async (): Promise<TestWorkflowEnvironment> => {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-tts-'));
  try {
    const environment = await TestWorkflowEnvironment.createTimeSkipping({
      server: { executable: { type: 'existing-path', path: await launcher(folder) } },
    });
    await environment.connection.operatorService.addSearchAttributes({
      namespace: 'default',
      searchAttributes: Object.fromEntries(TEMPORAL_SEARCH_ATTRIBUTES.map((name) => [name, KEYWORD])),
    });
    return environment;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** The SDK starts a path without arguments of ours: a script that becomes the server, tied to this process's life. */
const launcher = async (folder: string): Promise<string> => {
  const { command, args } = dieWithParent({ command: locate('temporal-test-server'), args: [], env: {} });
  const path = join(folder, 'temporal-test-server');
  const quoted = [command, ...args].map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`).join(' ');
  await writeFile(path, `#!/bin/sh\nexec ${quoted} "$@"\n`);
  await chmod(path, 0o700);
  return path;
};
