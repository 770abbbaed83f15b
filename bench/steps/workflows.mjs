import { proxyActivities } from '@temporalio/workflow';

const { nothing } = proxyActivities({ startToCloseTimeout: '1 minute' });

/** Remote steps in sequence, each of which does nothing: what is left is the price of durability. */
export async function noopSteps(steps) {
  for (let step = 0; step < steps; step += 1) await nothing(step);
}
