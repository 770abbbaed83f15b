import { SlipwayError } from '../domain/errors/slipwayError.js';
import { standingOf } from '../domain/identity/mayDecide.js';
import type { Identity } from '../domain/identity/types.js';
import type { Trigger } from '../domain/release/types.js';
import { HOTFIX_DECLARED, isDeclaredHotfix } from '../domain/urgency/hotfix.js';
import type { ServerPorts } from './ports.js';

/** `hotfix_forbidden` for who has none of the operator's roles for it, wherever the model goes. */
export const assertMayStartHotfix = ({ settings }: ServerPorts, model: string, identity: Identity): void => {
  const roles = settings.hotfixRoles;
  const standings = settings.environments.map((environment) => standingOf(identity, roles, { model, environment }));
  if (standings.some(({ ok }) => ok)) return;
  const [first] = standings;
  const code = first?.ok === false && first.code !== 'forbidden' ? first.code : 'hotfix_forbidden';
  throw new SlipwayError(
    code,
    `${identity.name} has none of the roles ${roles.join(', ') || '(nobody may)'} for ${model}`,
  );
};

/** Before its workflow begins: workers look whether it was declared, and the target asks it again. */
export const declareHotfix = async ({ ledger }: ServerPorts, releaseId: string, trigger: Trigger): Promise<void> => {
  // Declared once: who asks for it again declares nothing new.
  if (isDeclaredHotfix(await ledger.read(releaseId))) return;
  await ledger.append(releaseId, 'hotfix', HOTFIX_DECLARED, trigger.at, {
    by: trigger.by,
    reason: trigger.reason ?? '',
  });
  await ledger.checkpoint([releaseId]);
};
