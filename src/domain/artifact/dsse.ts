/** Payload type of in-toto statements in DSSE envelopes. */
export const IN_TOTO = 'application/vnd.in-toto+json';

interface Envelope {
  readonly payloadType: string;
  readonly payload: string;
  readonly signatures: readonly { readonly keyid: string; readonly sig: string }[];
}

/** Has parsed JSON the shape of a DSSE envelope? Whoever wrote it may be anybody. */
export const isEnvelope = (value: unknown): value is Envelope => {
  const { payloadType, payload, signatures } = (value ?? {}) as Partial<Record<keyof Envelope, unknown>>;
  return (
    typeof payloadType === 'string' &&
    typeof payload === 'string' &&
    Array.isArray(signatures) &&
    signatures.every((one: unknown) => {
      const { keyid, sig } = (one ?? {}) as { readonly keyid?: unknown; readonly sig?: unknown };
      return typeof keyid === 'string' && typeof sig === 'string';
    })
  );
};

/**
 * The bytes that a DSSE signature covers (pre-authentication encoding of the DSSE protocol, version 1): type and
 * payload with their lengths, so that neither can be shifted into the other.
 */
export const signedBytes = (payload: Uint8Array): Uint8Array => {
  const header = `DSSEv1 ${IN_TOTO.length} ${IN_TOTO} ${payload.length} `;
  const bytes = new Uint8Array(header.length + payload.length);
  bytes.set(Uint8Array.from(header, (character) => character.charCodeAt(0)));
  bytes.set(payload, header.length);
  return bytes;
};
