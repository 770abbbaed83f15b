import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import { planOf, type ReleasePlan } from '../src/domain/release/plan.js';
import type { Spec } from '../src/domain/spec/types.js';
import { hotfixPlan, isDeclaredHotfix, takesHotfixes } from '../src/domain/urgency/hotfix.js';
import { digestOf } from '../src/contract/canonicalDigest.js';
import type { Ports } from './ports.js';
import { readChain } from './onRecord.js';

/** The plan of a hotfix: `hotfix_unavailable` where nobody who may declared it one, or its slipway.yaml takes none. */
export const planOfHotfix = async (
  ports: Pick<Ports, 'ledger'>,
  releaseId: string,
  spec: Spec,
): Promise<ReleasePlan> => {
  if (!isDeclaredHotfix(await readChain(ports, releaseId)))
    throw new SlipwayError('hotfix_unavailable', `${releaseId} was started as a hotfix, and nobody declared it one`);
  if (!takesHotfixes(spec.environments))
    throw new SlipwayError('hotfix_unavailable', 'no environment of its slipway.yaml has hotfix');
  return hotfixPlan(planOf(spec, digestOf(spec)));
};
