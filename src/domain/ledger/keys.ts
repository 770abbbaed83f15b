/** A stream is a workflow ID; slashes separate folders, everything else that is unusual is percent-encoded. */
export const ledgerPrefix = (stream: string): string => `ledger/${stream.split('/').map(encodeSegment).join('/')}/`;

/** Numbers have ten digits, so that keys sort as numbers do. */
export const ledgerKey = (stream: string, seq: number): string =>
  `${ledgerPrefix(stream)}${String(seq).padStart(10, '0')}.json`;

/** Is this key an entry of the stream itself, not of one whose name continues it? */
export const isEntryOf = (stream: string, key: string): boolean =>
  /^\d{10,}\.json$/.test(key.slice(ledgerPrefix(stream).length));

/** Empty segments, and those of dots alone, mean something to file systems; `%00` and `%2E` mean nothing. */
const encodeSegment = (segment: string): string => {
  if (segment === '') return '%00';
  const encoded = encodeURIComponent(segment.replace(/\p{Surrogate}/gu, '\ufffd'));
  return /^\.+$/.test(encoded) ? encoded.replaceAll('.', '%2E') : encoded;
};
