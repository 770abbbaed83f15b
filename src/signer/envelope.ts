import { sign } from 'node:crypto';
import { IN_TOTO, signedBytes } from '../domain/artifact/dsse.js';
import type { Statement } from '../domain/artifact/statements.js';
import { canonicalJson } from '../domain/canonical.js';
import type { DsseEnvelope } from '../ports/signer.js';
import type { SigningKey } from './keys.js';

/** A statement in a DSSE envelope, signed with this key: Ed25519, or ECDSA over SHA-256 where it is one for models. */
export const seal = (key: SigningKey, statement: Statement): DsseEnvelope => {
  const payload = Buffer.from(canonicalJson(statement));
  const signed = signedBytes(payload);
  return {
    payloadType: IN_TOTO,
    payload: payload.toString('base64'),
    signatures: [
      {
        keyid: key.keyid,
        sig: sign(key.role === 'model' ? 'sha256' : null, signed, key.privateKey).toString('base64'),
      },
    ],
  };
};
