import assert from 'node:assert/strict';
import { it } from 'node:test';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createPrepareApproval, type PreparedApproval } from '../../activities/prepareApproval.js';
import { tellSteps } from '../../activities/stepStories.js';
import type { Digest } from '../../src/domain/artifact/types.js';
import { newEnvironment } from '../../src/domain/environment/newEnvironment.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import type { ReleaseView } from '../../src/domain/release/types.js';
import type { EnvironmentSpec } from '../../src/domain/spec/types.js';
import { createMemorySourceControl } from '../fakes/memorySourceControl.js';
import { createMemoryWorkflows } from '../fakes/memoryWorkflows.js';
import { testPorts } from '../fakes/ports.js';

const digest: Digest = `sha256:${'a'.repeat(64)}`;
const view: ReleaseView = {
  releaseId: `release/m/${'c'.repeat(40)}`,
  model: 'm',
  repository: 'm',
  commit: 'c'.repeat(40),
  order: 1,
  trigger: { kind: 'commit', by: 'source/m', at: 0 },
  params: {},
  startedAt: 0,
  stages: [],
  artifactDigest: digest,
  decisions: [],
};
const environment: EnvironmentSpec = {
  name: 'production',
  gates: [],
  approval: { kind: 'required', roles: ['reviewer', 'oncall', 'lead'], quorum: 1, remindAfterMs: 1, expireAfterMs: 2 },
  rollout: { strategy: 'immediate' },
  verify: { smokeRows: 1 },
};

it('tells those who can approve: who does not answer is told later, whom nothing reaches is named with the reason', async () => {
  const workflows = createMemoryWorkflows({
    environment: () => ({ queries: { state: () => newEnvironment('m', 'production', {}) } }),
  });
  const source = createMemorySourceControl(['m']);
  const commit = source.commit('m', { 'slipway.yaml': 'version: 1' });
  const ports = testPorts({
    workflows,
    source,
    notifier: {
      notify: async ({ to }) => {
        if (to === 'reviewer') throw new SlipwayError('notification_refused', 'no channel is configured for reviewer');
        if (to === 'oncall') throw new SlipwayError('notification_failed', 'the receiver for oncall did not answer');
      },
    },
  });
  const attempts = [false, true].map((passed, at) => ({ number: at + 1, passed, end: 'ended', durationMs: 2_000 }));
  const train = {
    step: 'train',
    outcome: 'ran',
    reason: 'params changed',
    attempts,
    flaky: true,
    outputs: [],
  } as const;
  await tellSteps(ports.store, view.releaseId, [train]);
  const { untold, unreachable } = (await new MockActivityEnvironment().run(createPrepareApproval(ports), {
    view: { ...view, commit },
    environment,
    environmentWorkflowId: 'environment/m/production',
    specDigest: digest,
    expireAt: 10,
  })) as PreparedApproval;
  assert.deepEqual(
    untold.map(({ to }) => to),
    ['oncall'],
  );
  const page = new TextDecoder().decode(await ports.store.getDocument(`releases/m/${view.commit}/report.html`));
  assert.match(page, /Waits since .* for 1 of reviewer, oncall, lead to let it enter production/);
  assert.match(page, /step train failed and passed with the same inputs: 1 of 2 attempts failed/);
  assert.deepEqual(unreachable, [{ to: 'reviewer', reason: 'no channel is configured for reviewer' }]);
});
