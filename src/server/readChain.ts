import { provenEntries } from '../domain/ledger/provenEntries.js';
import type { LedgerEntry } from '../ports/ledger.js';
import { digestOf } from '../contract/canonicalDigest.js';
import type { ServerPorts } from './ports.js';

/** A stream of the ledger for what is signed or shown to who signs: `ledger_tampered` where its chain was changed. */
export const readChain = async (
  { ledger }: Pick<ServerPorts, 'ledger'>,
  stream: string,
): Promise<readonly LedgerEntry[]> => provenEntries(stream, await ledger.read(stream), digestOf);
