import { createHash, randomUUID } from 'node:crypto';
import type { ROUTES } from '../../contract/http/routes.js';
import type { DecisionStatement } from '../../domain/approval/types.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import type { ErrorCode } from '../../domain/errors/table.js';
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
    const earlier = receiptOf(view, jti);
    if (earlier !== undefined) return { body: earlier };
    const claims = claimsOf(ports, call, view, jti);
    const statement = await ports.decisions.sign(claims);
    return { body: await deliver(ports, claims, statement, () => counted(ports, call.params, jti)) };
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

/** What a second delivery of the same decision is told, whose first one is under way or has just counted. */
const REPEATED: readonly ErrorCode[] = ['statement_used', 'already_decided', 'not_waiting'];

const deliver = async (
  ports: ServerPorts,
  { workflowId }: DecisionStatement,
  statement: string,
  first: () => Promise<DecisionReceipt | undefined>,
): Promise<DecisionReceipt> => {
  try {
    return await ports.workflows.update<DecisionReceipt>(workflowId, decideUpdate.name, { statement });
  } catch (cause) {
    if (!(cause instanceof SlipwayError)) throw cause;
    // It ended between the look and the word.
    const error =
      cause.code === 'not_found' ? new SlipwayError('not_waiting', `${workflowId} has ended`, {}, { cause }) : cause;
    const receipt = REPEATED.includes(error.code) ? await first() : undefined;
    if (receipt === undefined) throw error;
    return receipt;
  }
};

const counted = async (
  ports: ServerPorts,
  params: DecideCall['params'],
  jti: string,
): Promise<DecisionReceipt | undefined> => receiptOf(await readRelease(ports, params), jti);

/** The receipt of a decision that counted before; undefined for any other. */
const receiptOf = (view: ReleaseView, jti: string): DecisionReceipt | undefined => {
  const record = view.decisions.find((one) => one.jti === jti && one.counted);
  if (record === undefined) return undefined;
  const after = view.waiting === undefined ? 'approved' : 'waiting';
  return { jti, counted: true, state: record.decision === 'reject' ? 'rejected' : after };
};
