import { compactVerify, decodeProtectedHeader, type JWK } from 'jose';
import { isDecision } from '../../domain/approval/decisionKinds.js';
import type { DecisionStatement } from '../../domain/approval/types.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import type { DecisionKey, DecisionKeyring } from '../../ports/decisionKeys.js';
import { isDecisionType } from './decisionType.js';
import { importKey, readPublicKeys, type DecisionKeyFiles } from './keyFiles.js';

const MAX_BYTES = 16 * 1024;

/**
 * Verifies decisions against our own key set. Algorithm and type are pinned, the key is chosen by its ID among ours, and
 * nothing in the header (`jku`, `jwk`, `x5u`, `none`) can bring another one in.
 */
export const createDecisionVerifier = (files: DecisionKeyFiles): DecisionKeyring =>
  createDecisionKeyring(async () =>
    (await readPublicKeys(files)).flatMap((jwk) => (jwk.kid === undefined ? [] : [{ keyid: jwk.kid, jwk }])),
  );

/** The same against keys that were had elsewhere. */
export const createDecisionKeyring = (keys: () => Promise<readonly DecisionKey[]>): DecisionKeyring => ({
  keys,
  verify: async (statement) => {
    if (statement.length > MAX_BYTES) throw unsigned('it is too long');
    const { kid, typ } = headerOf(statement);
    if (!isDecisionType(typ)) throw unsigned('it is signed as something else than a decision');
    const jwk = (await keys()).find(({ keyid }) => keyid === kid)?.jwk as JWK | undefined;
    if (jwk === undefined) throw unsigned('no key of this installation signed it');
    try {
      const { payload } = await compactVerify(statement, await importKey(jwk), { algorithms: ['EdDSA'] });
      return claimsOf(JSON.parse(new TextDecoder().decode(payload)));
    } catch (cause) {
      if (cause instanceof SlipwayError) throw cause;
      throw unsigned('its signature does not verify', cause);
    }
  },
});

const headerOf = (statement: string): { readonly kid?: string | undefined; readonly typ?: string | undefined } => {
  try {
    return decodeProtectedHeader(statement);
  } catch (cause) {
    throw unsigned('it is no compact JWS', cause);
  }
};

const TEXTS = [
  'aud',
  'sub',
  'jti',
  'workflowId',
  'model',
  'env',
  'gate',
  'artifactDigest',
  'evidenceDigest',
  'policyDigest',
  'planDigest',
  'inputsDigest',
  'reason',
] as const;
const NUMBERS = ['iat', 'exp', 'epoch'] as const;

/** Signed by us, yet not of the shape of a decision: another kind of token must not pass as one. */
const claimsOf = (payload: unknown): DecisionStatement => {
  const claims = (typeof payload === 'object' && payload !== null ? payload : {}) as Readonly<Record<string, unknown>>;
  const complete =
    TEXTS.every((name) => typeof claims[name] === 'string') &&
    NUMBERS.every((name) => Number.isFinite(claims[name])) &&
    claims['iss'] === 'slipway' &&
    (isDecision(claims['decision']) || claims['decision'] === 'override') &&
    (claims['to'] === undefined || typeof claims['to'] === 'string') &&
    Array.isArray(claims['roles']) &&
    claims['roles'].every((role) => typeof role === 'string') &&
    areInputs(claims['inputs']) &&
    /^[A-Za-z0-9_-]{8,64}$/.test(String(claims['jti']));
  if (!complete) throw unsigned('it is no decision');
  return claims as unknown as DecisionStatement;
};

const areInputs = (inputs: unknown): boolean =>
  inputs === undefined ||
  (typeof inputs === 'object' &&
    inputs !== null &&
    Object.values(inputs).every((value) => ['string', 'number', 'boolean'].includes(typeof value)));

const unsigned = (why: string, cause?: unknown): SlipwayError =>
  new SlipwayError(
    'statement_unsigned',
    `the decision is not valid: ${why}`,
    {},
    cause === undefined ? undefined : { cause },
  );
