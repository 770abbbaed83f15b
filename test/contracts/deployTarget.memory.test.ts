import type { Digest } from '../../src/domain/artifact/types.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import { createMemoryDeployTarget } from '../fakes/memoryDeployTarget.js';
import { describeDeployTarget } from './deployTarget.js';

describeDeployTarget('memory', async () => {
  const target = createMemoryDeployTarget();
  const first: Digest = `sha256:${'a'.repeat(64)}`;
  const second: Digest = `sha256:${'b'.repeat(64)}`;
  for (const digest of [first, second]) target.add(digest);
  const nowhere = createMemoryDeployTarget();
  nowhere.fail(new SlipwayError('target_unreachable', 'nothing answers'));
  return {
    target,
    losing: {
      ...target,
      apply: async (command) => {
        await target.apply(command);
        throw new SlipwayError('target_unreachable', 'the answer was lost');
      },
    },
    unreachable: nowhere,
    environment: 'test',
    artifacts: { first, second },
    send: async (model, requests) => target.count(model, first, { requests }),
    close: async () => undefined,
  };
});
