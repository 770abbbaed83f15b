import type { Digest } from '../domain/artifact/types.js';
import { lastFound } from '../domain/release/lastFound.js';
import { pusherOnRecord, resumersOnRecord } from '../domain/release/onRecord.js';
import type { Authorship } from '../domain/release/types.js';
import type { LedgerEntry } from '../ports/ledger.js';
import type { ServerPorts } from './ports.js';
import { storedJson } from './storedJson.js';

/**
 * Who had a hand in a release, as its stream of the ledger has it: who started and resumed it; and who wrote it, as the worker
 * counted from its commits when it ran the checks, and when it asked people last. Where nothing says who wrote it nobody is
 * known to have. Whoever moves traffic counts authors anew.
 *
 * @param entries the stream of the release, proven
 */
export const authorsOnRecord = async (
  ports: Pick<ServerPorts, 'store'>,
  entries: readonly LedgerEntry[],
): Promise<Required<Authorship>> => {
  const asked = entries.findLast(({ kind }) => kind === 'approval.asked')?.body['evidenceDigest'];
  const counted = await Promise.all(
    [lastFound(entries, 'integrate')?.['evidence'], asked].map((digest) => countedIn(ports, digest)),
  );
  const known = counted.filter((one) => one !== undefined);
  const all = (name: 'authors' | 'unknown'): readonly string[] =>
    [...new Set(known.flatMap((one) => one[name]))].sort();
  return {
    authors: all('authors'),
    unknown: known.length === 0 ? ['whoever wrote it'] : all('unknown'),
    trigger: pusherOnRecord(entries),
    resumedBy: resumersOnRecord(entries),
  };
};

const countedIn = async (
  ports: Pick<ServerPorts, 'store'>,
  digest: unknown,
): Promise<Pick<Authorship, 'authors' | 'unknown'> | undefined> =>
  typeof digest === 'string'
    ? (await storedJson<{ readonly authorship?: Authorship }>(ports, digest as Digest))?.authorship
    : undefined;
