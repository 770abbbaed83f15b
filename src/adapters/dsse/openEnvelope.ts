import { createHash, createPublicKey, verify, type JsonWebKey, type KeyObject } from 'node:crypto';
import { IN_TOTO, signedBytes } from '../../domain/artifact/dsse.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import type { DsseEnvelope, Signer } from '../../ports/signer.js';

export type PublicKeys = Awaited<ReturnType<Signer['publicKeys']>>;

export type OpenedEnvelope =
  | { readonly kind: 'signed'; readonly payload: unknown; readonly keyid: string }
  /** No given key is named. */
  | { readonly kind: 'foreign'; readonly keyids: readonly string[] }
  /** A given key is named, and did not sign this. */
  | { readonly kind: 'changed' };

/**
 * Checks who signed a DSSE envelope, against keys that were had elsewhere. The key's ID is recomputed from the key, the
 * algorithm is that of the key's role (Ed25519; P-256 for model signatures) whatever the envelope says, and only a payload whose signature was checked is parsed.
 */
export const openEnvelope = (
  envelope: DsseEnvelope,
  keys: PublicKeys,
  role: PublicKeys[number]['role'],
): OpenedEnvelope => {
  const payload = Buffer.from(String(envelope.payload), 'base64');
  const signed = signedBytes(payload);
  const trusted = keys.filter((key) => key.role === role).map((key) => importKey(key.jwk, role));
  const named = envelope.signatures.flatMap(({ keyid, sig }) =>
    trusted.filter((key) => key.keyid === keyid).map((key) => ({ ...key, sig })),
  );
  if (named.length === 0) return { kind: 'foreign', keyids: envelope.signatures.map(({ keyid }) => String(keyid)) };
  const signer = named.find(({ publicKey, algorithm, sig }) =>
    verify(algorithm, signed, publicKey, Buffer.from(String(sig), 'base64')),
  );
  if (envelope.payloadType !== IN_TOTO || signer === undefined) return { kind: 'changed' };
  return { kind: 'signed', payload: JSON.parse(payload.toString('utf8')), keyid: signer.keyid };
};

const importKey = (
  jwk: Readonly<Record<string, unknown>>,
  role: PublicKeys[number]['role'],
): { readonly keyid: string; readonly publicKey: KeyObject; readonly algorithm: 'sha256' | null } => {
  const publicKey = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' });
  const model = role === 'model';
  if (publicKey.asymmetricKeyType !== (model ? 'ec' : 'ed25519'))
    throw new SlipwayError('signature_invalid', 'a key of another kind than its role has was given');
  const named = model
    ? publicKey.export({ type: 'spki', format: 'pem' })
    : publicKey.export({ type: 'spki', format: 'der' });
  return { keyid: createHash('sha256').update(named).digest('hex'), publicKey, algorithm: model ? 'sha256' : null };
};
