import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createGitSourceControl } from '../../src/adapters/git/sourceControl.js';
import type { StatusFile } from '../../src/adapters/git/statusFiles.js';
import { createMemorySourceControl } from '../fakes/memorySourceControl.js';
import { createGitRepository } from '../fixtures/gitRepository.js';
import { describeSourceControl } from './sourceControl.js';

describeSourceControl('memory', async () => {
  const source = createMemorySourceControl(['model']);
  return {
    source,
    commit: (...args) => source.commit('model', ...args),
    grow: (commits, by) => {
      for (let more = 1; more < commits; more += 1) source.commit('model', {}, by);
      return source.commit('model', {}, by);
    },
    reported: async (commit, context) =>
      source.statuses.filter((entry) => entry.commit === commit && entry.status.context === context).at(-1)?.status,
  };
});

describeSourceControl('git', async (directory) => {
  const repository = createGitRepository(join(directory, 'roots', 'model'));
  const source = createGitSourceControl({
    repositories: { model: { url: repository.directory, branch: 'main' } },
    sourceRoots: [join(directory, 'roots')],
    cacheDirectory: join(directory, 'cache'),
    path: process.env['PATH'] ?? '',
  });
  return {
    source,
    commit: (...args) => repository.commit(...args),
    grow: (...args) => repository.grow(...args),
    reported: async (commit, context) => {
      const text = await readFile(`${repository.directory}.slipway/status/${commit}.json`, 'utf8').catch(
        () => '{"statuses":{}}',
      );
      return (JSON.parse(text) as StatusFile).statuses[context];
    },
  };
});
