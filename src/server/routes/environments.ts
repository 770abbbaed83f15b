import { createHash, randomUUID } from 'node:crypto';
import type { Digest, Version } from '../../domain/artifact/types.js';
import type { EnvironmentState } from '../../domain/environment/types.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
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

export const environmentHandlers = (ports: ServerPorts): Pick<Handlers, 'showEnvironment' | 'rollback'> => ({
  showEnvironment: async ({ params: { model, environment } }) => {
    knownModel(ports, model);
    knownEnvironment(ports, environment);
    return { body: await environmentStatus(ports, model, environment) };
  },
  rollback: async ({ params: { model, environment }, body, identity, idempotencyKey }) => {
    knownModel(ports, model);
    knownEnvironment(ports, environment);
    const state = await readEnvironment(ports, model, environment);
    if (state === undefined)
      throw new SlipwayError('nothing_to_roll_back', `nothing was deployed of ${model} in ${environment}`);
    const key = idempotencyKey ?? randomUUID();
    const message: RollbackMessage = {
      requestId: `rollback-${createHash('sha256')
        .update(JSON.stringify([key, identity.name, model, environment]))
        .digest('hex')
        .slice(0, 24)}`,
      ...(body.to === undefined ? {} : { to: await versionOf(ports, state, body.to as Digest) }),
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
