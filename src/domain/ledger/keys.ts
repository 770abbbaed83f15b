/** A stream is a workflow ID; slashes separate folders, everything else that is unusual is percent-encoded. */
export const ledgerPrefix = (stream: string): string => `ledger/${stream.split('/').map(encodeSegment).join('/')}/`;

/** Numbers have ten digits, so that keys sort as numbers do. */
export const ledgerKey = (stream: string, seq: number): string =>
  `${ledgerPrefix(stream)}${String(seq).padStart(10, '0')}.json`;

/** Is this key an entry of the stream itself, not of one whose name continues it? */
export const isEntryOf = (stream: string, key: string): boolean => entryOfKey(key)?.stream === stream;

/** Signed checkpoints over all chains, beside the streams. */
export const CHECKPOINTS = 'checkpoints/';

export const checkpointKey = (seq: number): string => `${CHECKPOINTS}${String(seq).padStart(10, '0')}.json`;

/** Number of a checkpoint's key; undefined where it is none, however much it looks like one. */
export const checkpointOfKey = (key: string): number | undefined => {
  const seq = Number(/^checkpoints\/(\d{10,})\.json$/.exec(key)?.[1] ?? 0);
  return seq > 0 && checkpointKey(seq) === key ? seq : undefined;
};

/** Public keys of the signer, for who has nothing but the bucket; to trust them, compare their IDs with ones kept elsewhere. */
export const PUBLIC_KEYS = 'keys/';

/**
 * Stream and number of an entry's key; undefined where it is none. Each entry has exactly one key: another spelling of
 * it (more digits, another encoding) would be a second answer to what stands there.
 */
export const entryOfKey = (key: string): { readonly stream: string; readonly seq: number } | undefined => {
  const [, folders, number] = /^ledger\/(.+)\/(\d{10,})\.json$/.exec(key) ?? [];
  if (folders === undefined || number === undefined) return undefined;
  try {
    const stream = folders
      .split('/')
      .map((segment) => (segment === '%00' ? '' : decodeURIComponent(segment)))
      .join('/');
    const seq = Number(number);
    return seq > 0 && ledgerKey(stream, seq) === key ? { stream, seq } : undefined;
  } catch {
    return undefined;
  }
};

/** Empty segments, and those of dots alone, mean something to file systems; `%00` and `%2E` mean nothing. */
const encodeSegment = (segment: string): string => {
  if (segment === '') return '%00';
  const encoded = encodeURIComponent(segment.replace(/\p{Surrogate}/gu, '\ufffd'));
  return /^\.+$/.test(encoded) ? encoded.replaceAll('.', '%2E') : encoded;
};
