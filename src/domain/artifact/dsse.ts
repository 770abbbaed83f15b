/** Payload type of in-toto statements in DSSE envelopes. */
export const IN_TOTO = 'application/vnd.in-toto+json';

/**
 * The bytes that a DSSE signature covers (pre-authentication encoding of the DSSE protocol, version 1): type and
 * payload with their lengths, so that neither can be shifted into the other.
 *
 * @param payloadType ASCII
 * @param payloadBytes length of the payload in bytes
 */
export const dsseHeader = (payloadType: string, payloadBytes: number): string =>
  `DSSEv1 ${payloadType.length} ${payloadType} ${payloadBytes} `;
