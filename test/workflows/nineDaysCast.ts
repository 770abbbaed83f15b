/** The cast of a release that waits for nine days: two people have to approve, nobody is in a hurry. */
import type { WorkflowClient } from '@temporalio/client';
import { planLadder } from '../../src/domain/approval/planLadder.js';
import type { RequiredApproval } from '../../src/domain/spec/types.js';
import { allGoesWell, canary, DAY, plan } from './cast.js';
import type { Fakes } from './scene.js';

const HOUR = 3_600_000;

const policy: RequiredApproval = {
  kind: 'required',
  roles: ['reviewer'],
  quorum: 2,
  remindAfterMs: 2 * DAY,
  delegateAfterMs: 3 * DAY,
  escalateAfterMs: 5 * DAY,
  escalateTo: ['lead'],
  escalateDecides: true,
  expireAfterMs: 12 * DAY,
};

const patient = {
  ...canary,
  steps: canary.steps.map((step) => ({ ...step, holdMs: 3 * HOUR, deadlineMs: 2 * DAY })),
};

const environments = plan.environments.map((environment) =>
  environment.name === 'production' ? { ...environment, approval: policy, rollout: patient } : environment,
);

export const nineDays = (client: () => WorkflowClient): Fakes => {
  const usual = allGoesWell(client);
  return {
    ...usual,
    runChecks: (input) => ({ ...(usual.runChecks?.(input) as object), plan: { ...plan, environments } }),
    prepareApproval: (input) => ({
      ...(usual.prepareApproval?.(input) as object),
      ladder: planLadder({
        policy,
        roles: policy.roles,
        deciders: [{ name: 'reviewer', deputies: ['deputy'] }],
        since: input.expireAt - policy.expireAfterMs,
        expireAt: input.expireAt,
        // Everybody is there at every hour: days are what is told here.
        businessInstant: (_calendar, since, ms) => since + ms,
      }),
    }),
  };
};
