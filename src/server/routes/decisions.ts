import { createHash, randomUUID } from 'node:crypto';
import type { ROUTES } from '../../contract/http/routes.js';
import type { DecisionStatement } from '../../domain/approval/types.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import type { ReleaseView, WaitingView } from '../../domain/release/types.js';
import { decideUpdate, type DecisionReceipt } from '../../../workflows/messages.js';
import type { Call, Handlers } from '../call.js';
import type { ServerPorts } from '../ports.js';
import { readRelease, releaseIdOf } from '../releaseState.js';

/** `exp` of a statement limits its delivery only. */
const DELIVERY_SECONDS = 15 * 60;

type DecideCall = Call<typeof ROUTES.decide> | Call<typeof ROUTES.decisionToken>;

export const decisionHandlers = (ports: ServerPorts): Pick<Handlers, 'decide' | 'decisionToken'> => ({
  decide: async (call) => {
    const view = await readRelease(ports, call.params);
    const jti = jtiOf(call);
    const earlier = view.decisions.find((record) => record.jti === jti && record.counted);
    if (earlier !== undefined) return { body: receiptOf(jti, view, earlier.decision) };
    const claims = claimsOf(ports, call, view, jti);
    const receipt = await deliver(ports, claims.workflowId, await ports.decisions.sign(claims));
    return { body: receipt };
  },
  decisionToken: async (call) => {
    const view = await readRelease(ports, call.params);
    const claims = claimsOf(ports, call, view, jtiOf(call));
    return {
      body: {
        statement: await ports.decisions.sign(claims),
        workflowId: claims.workflowId,
        expiresAt: claims.exp * 1000,
      },
    };
  },
});

/** What the person says, about exactly what the release waits with now. */
const claimsOf = (
  ports: ServerPorts,
  { body, identity, params }: DecideCall,
  view: ReleaseView,
  jti: string,
): DecisionStatement => {
  const { subject } = waitingOf(view, params, body.environment);
  if (body.decision === 'reject' && body.reason.trim() === '')
    throw new SlipwayError('reason_required', 'a rejection must say why');
  const iat = Math.floor(ports.now() / 1000);
  return {
    ...subject,
    iss: 'slipway',
    aud: ports.settings.installation,
    sub: identity.name,
    roles: identity.roles,
    iat,
    exp: iat + DELIVERY_SECONDS,
    jti,
    decision: body.decision,
    reason: body.reason,
  };
};

const waitingOf = (view: ReleaseView, params: DecideCall['params'], environment: string | undefined): WaitingView => {
  const { waiting } = view;
  if (waiting === undefined)
    throw new SlipwayError('not_waiting', `${releaseIdOf(params)} does not wait for a decision`);
  if (environment !== undefined && environment !== waiting.environment) {
    throw new SlipwayError(
      'not_waiting',
      `${releaseIdOf(params)} waits to enter ${waiting.environment}, not ${environment}`,
    );
  }
  return waiting;
};

/** With an Idempotency-Key the same click is the same statement's ID, whatever became of the first answer. */
const jtiOf = ({ idempotencyKey, identity, params, body }: DecideCall): string =>
  idempotencyKey === undefined
    ? randomUUID()
    : createHash('sha256')
        .update(JSON.stringify([idempotencyKey, identity.name, params, body.decision]))
        .digest('base64url');

const deliver = async (ports: ServerPorts, workflowId: string, statement: string): Promise<DecisionReceipt> => {
  try {
    return await ports.workflows.update<DecisionReceipt>(workflowId, decideUpdate.name, { statement });
  } catch (error) {
    // It ended between the look and the word.
    if (error instanceof SlipwayError && error.code === 'not_found')
      throw new SlipwayError('not_waiting', `${workflowId} has ended`, {}, { cause: error });
    throw error;
  }
};

const receiptOf = (jti: string, view: ReleaseView, decision: string): DecisionReceipt => {
  const decided = view.waiting === undefined;
  return { jti, counted: true, state: decision === 'reject' ? 'rejected' : decided ? 'approved' : 'waiting' };
};
