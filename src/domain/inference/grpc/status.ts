/** Codes of gRPC that callers are told (https://grpc.github.io/grpc/core/md_doc_statuscodes.html). */
export const CODES = {
  ok: 0,
  cancelled: 1,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  resourceExhausted: 8,
  internal: 13,
  unavailable: 14,
} as const;

export type Code = (typeof CODES)[keyof typeof CODES];

/** The code that says what a status of HTTP says. */
export const codeOf = (status: number): Code => {
  if (status === 200) return CODES.ok;
  if (status === 404) return CODES.notFound;
  if (status === 413 || status === 429) return CODES.resourceExhausted;
  if (status === 499) return CODES.cancelled;
  if (status === 503) return CODES.unavailable;
  return status < 500 ? CODES.invalidArgument : CODES.internal;
};

/** Clients take 8 KiB of headers and trailers at least; more is an error of its own there, and ours would be lost. */
const MOST_BYTES = 6_000;

/**
 * A text for `grpc-message`: whole characters, as many as fit when everything but plain letters takes three bytes each.
 * Half a character would be no text that can be written there.
 */
export const clipDetails = (details: string): string => {
  let bytes = 0;
  let clipped = '';
  for (const character of details) {
    const code = character.codePointAt(0)!;
    const isHalf = code >= 0xd800 && code <= 0xdfff;
    bytes += /^[\w.,:;()-]$/.test(character) ? 1 : code < 0x80 ? 3 : code < 0x800 ? 6 : code < 0x1_0000 ? 9 : 12;
    if (bytes > MOST_BYTES) return `${clipped}…`;
    clipped += isHalf ? '\ufffd' : character;
  }
  return clipped;
};
