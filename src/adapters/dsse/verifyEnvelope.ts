import { createHash, createPublicKey, verify, type JsonWebKey, type KeyObject } from 'node:crypto';
import { dsseHeader, IN_TOTO } from '../../domain/artifact/dsse.js';
import { judgeStatement } from '../../domain/artifact/judgeStatement.js';
import type { Statement } from '../../domain/artifact/statements.js';
import type { Digest } from '../../domain/artifact/types.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import type { DsseEnvelope, Signer } from '../../ports/signer.js';

export type PublicKeys = Awaited<ReturnType<Signer['publicKeys']>>;

export interface Expected {
  readonly role: PublicKeys[number]['role'];
  readonly predicateType: string;
  readonly subject: Digest;
}

/**
 * Verifies a DSSE envelope against keys that were had elsewhere, and returns the statement in it. The key's ID is
 * recomputed from the key, the algorithm is Ed25519 whatever the envelope says, and only the payload whose signature
 * was checked is parsed. `signature_invalid` otherwise.
 */
export const verifyEnvelope = (envelope: DsseEnvelope, keys: PublicKeys, expected: Expected): Statement => {
  if (envelope.payloadType !== IN_TOTO) throw invalid(`its payload is ${String(envelope.payloadType)}`);
  const payload = decode(envelope.payload);
  const signed = Buffer.concat([Buffer.from(dsseHeader(IN_TOTO, payload.length)), payload]);
  const trusted = keys.filter((key) => key.role === expected.role).map((key) => importKey(key.jwk));
  const valid = envelope.signatures.some(({ keyid, sig }) =>
    trusted.some((key) => key.keyid === keyid && verify(null, signed, key.publicKey, decode(sig))),
  );
  if (!valid) throw invalid(`no ${expected.role} key of this installation signed it`);
  const verdict = judgeStatement(JSON.parse(payload.toString('utf8')), expected.predicateType, expected.subject);
  if (!verdict.ok) throw invalid(verdict.reason);
  return verdict.statement;
};

const importKey = (
  jwk: Readonly<Record<string, unknown>>,
): { readonly keyid: string; readonly publicKey: KeyObject } => {
  const publicKey = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' });
  if (publicKey.asymmetricKeyType !== 'ed25519') throw invalid('a key of another kind than Ed25519 was given');
  const der = publicKey.export({ type: 'spki', format: 'der' });
  return { keyid: createHash('sha256').update(der).digest('hex'), publicKey };
};

const decode = (base64: string): Buffer => Buffer.from(String(base64), 'base64');

const invalid = (why: string): SlipwayError =>
  new SlipwayError('signature_invalid', `the attestation does not count: ${why}`);
