import type { Digest } from '../../src/domain/artifact/types.js';
import { createMemoryDeployTarget } from '../fakes/memoryDeployTarget.js';
import { describeDeployTarget } from './deployTarget.js';

describeDeployTarget('memory', async () => {
  const target = createMemoryDeployTarget();
  const first: Digest = `sha256:${'a'.repeat(64)}`;
  const second: Digest = `sha256:${'b'.repeat(64)}`;
  for (const digest of [first, second]) target.add(digest);
  return {
    target,
    environment: 'test',
    artifacts: { first, second },
    send: async (model, requests) => target.count(model, first, { requests }),
    close: async () => undefined,
  };
});
