import { createHash, randomUUID } from 'node:crypto';
import type { ROUTES } from '../../contract/http/routes.js';
import { missingReason } from '../../domain/approval/decisionKinds.js';
import { checkInputs, inputsFault, type InputQuestions, type InputValues } from '../../domain/approval/inputs.js';
import type { DecisionStatement } from '../../domain/approval/types.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import { rolesIn } from '../../domain/identity/roles.js';
import type { ErrorCode } from '../../domain/errors/table.js';
import type { ReleaseView, WaitingView } from '../../domain/release/types.js';
import { decideUpdate, type DecisionReceipt } from '../../../workflows/messages.js';
import { assertAsked } from '../assertAsked.js';
import type { Call, Handlers } from '../call.js';
import { issuedNow } from '../issuedNow.js';
import type { ServerPorts } from '../ports.js';
import { readRelease, releaseIdOf } from '../releaseState.js';

type DecideCall = Call<typeof ROUTES.decide> | Call<typeof ROUTES.decisionToken>;

export const decisionHandlers = (ports: ServerPorts): Pick<Handlers, 'decide' | 'decisionToken'> => ({
  decide: async (call) => {
    const view = await readRelease(ports, call.params);
    const jti = jtiOf(call);
    const earlier = receiptOf(view, jti);
    if (earlier !== undefined) return { body: earlier };
    const claims = await claimsOf(ports, call, view, jti);
    const statement = await ports.decisions.sign(claims);
    return { body: await deliver(ports, claims, statement, () => counted(ports, call.params, jti)) };
  },
  decisionToken: async (call) => {
    const view = await readRelease(ports, call.params);
    const claims = await claimsOf(ports, call, view, jtiOf(call));
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
const claimsOf = async (
  ports: ServerPorts,
  { body, identity, params }: DecideCall,
  view: ReleaseView,
  jti: string,
): Promise<DecisionStatement> => {
  const waiting = waitingOf(view, params, body.environment);
  const { subject, inputs: questions } = waiting;
  const missing = missingReason(body.decision, body.reason);
  if (missing !== undefined) throw new SlipwayError('reason_required', missing);
  await assertAsked(ports, params, waiting);
  if (body.evidence !== undefined && body.evidence !== subject.evidenceDigest)
    throw new SlipwayError(
      'evidence_not_shown',
      `looked at was ${body.evidence}, and ${releaseIdOf(params)} waits with ${subject.evidenceDigest}`,
    );
  const handed = body.decision === 'delegate' ? { to: body.to ?? '' } : {};
  return {
    ...subject,
    ...issuedNow(ports, identity.name, rolesIn(identity, { model: subject.model, environment: subject.env })),
    jti,
    decision: body.decision,
    reason: body.reason,
    ...answersOf(body, questions),
    ...handed,
  };
};

/** With the defaults of what was left out: what is signed says all of it. */
const answersOf = (
  { decision, inputs = {} }: DecideCall['body'],
  questions: InputQuestions | undefined,
): { readonly inputs?: InputValues } => {
  if (decision !== 'approve') {
    const fault = inputsFault(decision, questions, inputs);
    if (fault !== undefined) throw new SlipwayError('inputs_invalid', fault);
    return {};
  }
  const checked = checkInputs(questions ?? {}, inputs);
  if (!checked.ok) throw new SlipwayError('inputs_invalid', checked.reasons.join('; '));
  return questions === undefined ? {} : { inputs: checked.values };
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
        .update(
          JSON.stringify([
            idempotencyKey,
            identity.name,
            params,
            body.decision,
            ...(body.to === undefined ? [] : [body.to]),
          ]),
        )
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
  return {
    ...{ jti, counted: true, state: record.decision === 'reject' ? 'rejected' : after },
    ...(record.inputs === undefined ? {} : { inputs: record.inputs }),
    ...(view.waiting?.stands === undefined ? {} : { stands: view.waiting.stands }),
  };
};
