import { SignJWT } from 'jose';
import type { DecisionSigner } from '../../ports/decisionKeys.js';
import { DECISION_TYPE } from './decisionType.js';
import { ensureDecisionKey, importKey, type DecisionKeyFiles } from './keyFiles.js';

/** Signs decisions as compact JWS, EdDSA over Ed25519 (RFC 8037); for the API process alone. */
export const createDecisionSigner = async (files: DecisionKeyFiles): Promise<DecisionSigner> => {
  const jwk = await ensureDecisionKey(files);
  const key = await importKey(jwk);
  const header = { alg: 'EdDSA', typ: DECISION_TYPE, ...(jwk.kid === undefined ? {} : { kid: jwk.kid }) };
  return { sign: (claims) => new SignJWT({ ...claims }).setProtectedHeader(header).sign(key) };
};
