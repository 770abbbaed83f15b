/** A stream is a workflow ID; slashes separate folders, everything else that is unusual is percent-encoded. */
export const ledgerPrefix = (stream: string): string => `ledger/${stream.split('/').map(encodeURIComponent).join('/')}/`;

/** Numbers have ten digits, so that keys sort as numbers do. */
export const ledgerKey = (stream: string, seq: number): string => `${ledgerPrefix(stream)}${String(seq).padStart(10, '0')}.json`;
