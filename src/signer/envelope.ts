import { sign } from 'node:crypto';
import { dsseHeader, IN_TOTO } from '../domain/artifact/dsse.js';
import type { Statement } from '../domain/artifact/statements.js';
import { canonicalJson } from '../domain/canonical.js';
import type { DsseEnvelope } from '../ports/signer.js';
import type { SigningKey } from './keys.js';

/** A statement in a DSSE envelope, signed with this key. */
export const seal = (key: SigningKey, statement: Statement): DsseEnvelope => {
  const payload = Buffer.from(canonicalJson(statement));
  const signed = Buffer.concat([Buffer.from(dsseHeader(IN_TOTO, payload.length)), payload]);
  return {
    payloadType: IN_TOTO,
    payload: payload.toString('base64'),
    signatures: [{ keyid: key.keyid, sig: sign(null, signed, key.privateKey).toString('base64') }],
  };
};
