import { createHash, randomUUID } from 'node:crypto';
import type { Digest, Version } from '../../domain/artifact/types.js';
import type { EnvironmentState } from '../../domain/environment/types.js';
import { chooseRollback } from '../../domain/environment/chooseRollback.js';
import {
  planRollback,
  rollbackAct,
  type RollbackExpected,
  type RollbackPlan,
} from '../../domain/environment/planRollback.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import type { Place } from '../../domain/hold/types.js';
import { digestOf } from '../../contract/canonicalDigest.js';
import {
  environmentId,
  rollbackUpdate,
  type RollbackMessage,
  type RollbackReceipt,
} from '../../../workflows/messages.js';
import type { Handlers } from '../call.js';
import { environmentStatus, readEnvironment } from '../environmentStatus.js';
import { knownEnvironment, knownModel } from '../known.js';
import type { ServerPorts } from '../ports.js';
import { promotedVersion } from '../promotedVersion.js';
import { deploymentsOf, rollbackShown } from '../rollbackShown.js';

export const environmentHandlers = (
  ports: ServerPorts,
): Pick<Handlers, 'showEnvironment' | 'rollbackPlan' | 'rollback'> => ({
  rollbackPlan: async ({ params: { model, environment }, query: { to } }) => {
    const planned = await planOf(ports, { model, environment }, to as Digest | undefined);
    return { body: await rollbackShown(ports, planned) };
  },
  showEnvironment: async ({ params: { model, environment } }) => {
    knownModel(ports, model);
    knownEnvironment(ports, environment);
    return { body: await environmentStatus(ports, model, environment) };
  },
  rollback: async ({ params: { model, environment }, body, identity, idempotencyKey }) => {
    const state = await arbiterOf(ports, { model, environment });
    const expected =
      body.plan === undefined
        ? undefined
        : await expectedBy(ports, { model, environment }, body.plan as Digest, body.to as Digest | undefined);
    const key = idempotencyKey ?? randomUUID();
    const message: RollbackMessage = {
      requestId: `rollback-${createHash('sha256')
        .update(JSON.stringify([key, identity.name, model, environment]))
        .digest('hex')
        .slice(0, 24)}`,
      ...(body.to === undefined ? {} : { to: await versionOf(ports, state, body.to as Digest) }),
      ...(expected === undefined ? {} : { expected }),
      by: identity.name,
      reason: body.reason,
    };
    const receipt = await ports.workflows.update<RollbackReceipt>(
      environmentId(model, environment),
      rollbackUpdate.name,
      message,
    );
    return { status: 202, body: receipt };
  },
});

const arbiterOf = async (ports: ServerPorts, { model, environment }: Place): Promise<EnvironmentState> => {
  knownModel(ports, model);
  knownEnvironment(ports, environment);
  const state = await readEnvironment(ports, model, environment);
  if (state === undefined)
    throw new SlipwayError('nothing_to_roll_back', `nothing was deployed of ${model} in ${environment}`);
  return state;
};

/** What a rollback to this version, or to the one before, would do now; refused where the arbiter would refuse it. */
const planOf = async (ports: ServerPorts, place: Place, to: Digest | undefined): Promise<RollbackPlan> => {
  const state = await arbiterOf(ports, place);
  const choice = chooseRollback(state, to === undefined ? undefined : await versionOf(ports, state, to));
  if (choice.kind === 'refused') throw new SlipwayError(choice.code, choice.reason);
  return planRollback(state, await deploymentsOf(ports, state), choice.version);
};

/** Where the arbiter must still be: what was shown is what is done. */
const expectedBy = async (
  ports: ServerPorts,
  place: Place,
  shown: Digest,
  to: Digest | undefined,
): Promise<RollbackExpected> => {
  const planned = await planOf(ports, place, to);
  if (digestOf(rollbackAct(planned)) !== shown)
    throw new SlipwayError(
      'plan_changed',
      `a rollback of ${place.model} in ${place.environment} would do something else now`,
    );
  const { epoch, from } = planned;
  return { epoch, ...(from === undefined ? {} : { champion: from.artifactDigest }) };
};

/**
 * A version that was deployed here, else one that a promoted release made. What a gate blocked, a person rejected or a
 * canary sent back has no way in through a rollback.
 */
const versionOf = async (ports: ServerPorts, state: EnvironmentState, to: Digest): Promise<Version> => {
  const deployed = state.history.filter(({ outcome }) => outcome === 'deployed').map(({ version }) => version);
  const ran = [state.champion, state.previous, ...deployed].find((version) => version?.artifactDigest === to);
  const known = ran ?? (await promotedVersion(ports, state.model, to));
  if (known === undefined)
    throw new SlipwayError('artifact_unknown', `no promoted release of ${state.model} made ${to}`, { digest: to });
  return known;
};
