import type { DeploymentSettled } from '../../src/domain/environment/types.js';
import { decideThaw, evidenceDigests } from '../../src/domain/release/decideThaw.js';
import type { ReleasePlan } from '../../src/domain/release/plan.js';
import type { EnvironmentSpec } from '../../src/domain/spec/types.js';
import { awaitApproval } from './approve.js';
import { requestDeployment } from './deploy.js';
import type { Story } from './story.js';

type Thawed = Extract<DeploymentSettled['outcome'], { kind: 'thawed' }>;
/** How a release leaves an environment: its verification and gates. */
type Leave = (environment: EnvironmentSpec) => Promise<void>;

/** Asks to be deployed, as often as something held it back meanwhile, until the environment says yes or no. */
export const deployAfterHolds = async (
  story: Story,
  environment: EnvironmentSpec,
  plan: ReleasePlan,
  leave: Leave,
): Promise<DeploymentSettled & { readonly outcome: Exclude<DeploymentSettled['outcome'], Thawed> }> => {
  for (let thaws = 0; ; thaws += 1) {
    const settled = await requestDeployment(story, environment, thaws);
    const { outcome } = settled;
    if (outcome.kind !== 'thawed') return { ...settled, outcome };
    await evaluateAgain(story, environment, plan, outcome, leave);
  }
};

/** What is out of date is found anew, and people who decided on something else are asked again. */
const evaluateAgain = async (
  story: Story,
  environment: EnvironmentSpec,
  plan: ReleasePlan,
  { championChanged, overridden }: Thawed,
  leave: Leave,
): Promise<void> => {
  story.thaw(overridden);
  const { stages } = story.view();
  const { environments } = plan;
  const entering = environment.name;
  const decision = decideThaw({ environments, entering, stages, championChanged, now: Date.now() });
  if (decision.kind === 'go_on') return;
  const before = decision.environment;
  await leave(before);
  const same = evidenceDigests(stages, before.name).join() === evidenceDigests(story.view().stages, before.name).join();
  if (!same && environment.approval.kind === 'required') await awaitApproval(story, environment, plan);
};
