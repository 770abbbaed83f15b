import type { Digest } from '../src/domain/artifact/types.js';
import { mayBypass } from '../src/domain/hold/mayBypass.js';
import type { Place } from '../src/domain/hold/types.js';
import { pusherOnRecord } from '../src/domain/release/onRecord.js';
import { PROMOTED } from '../src/domain/rollout/shareOf.js';
import { rolesOfWord, stepWord, type StepWord } from '../src/domain/rollout/stepWord.js';
import type { StepApprovalSpec } from '../src/domain/spec/types.js';
import type { LedgerEntry } from '../src/ports/ledger.js';
import { attestedVersion } from '../src/recovery/attestedVersion.js';
import { readChain } from './onRecord.js';
import type { Ports } from './ports.js';
import { authorsHere } from './releaseAuthors.js';

export interface WordQuestion {
  /** The stream of the rollout. */
  readonly entries: readonly LedgerEntry[];
  readonly artifactDigest: Digest;
  readonly step: number;
  readonly approve: StepApprovalSpec;
  /** Epoch milliseconds. */
  readonly until?: number;
}

/**
 * Has somebody who may said that a rollout goes on behind a step? Asked by whoever waits for it, and again where traffic is
 * moved. Who may is judged now: whoever lost the role since, or turns out to have written the release, does not count. Which
 * release that is the signed provenance says, and not the command.
 */
export const wordHere = async (
  ports: Ports,
  place: Place,
  { entries, artifactDigest, step, approve, until }: WordQuestion,
): Promise<StepWord> => {
  // Authors are asked of a Git host, so only where there is something to judge.
  if (!entries.some(({ kind }) => kind === PROMOTED)) return { kind: 'missing', refused: [] };
  const version = await attestedVersion(ports, place.model, artifactDigest);
  if (version === undefined) return { kind: 'missing', refused: ['nothing that our builder signed says who wrote it'] };
  const { releaseId } = version;
  const identities = await ports.directory.identities();
  const trigger = pusherOnRecord(await readChain(ports, releaseId));
  const authorship = await authorsHere(ports, place, { releaseId, trigger });
  const asked = rolesOfWord(approve);
  const faultOf = (name: string): string | undefined => {
    const standing = mayBypass({ name, asked, place, identities, authorship });
    return standing.ok ? undefined : standing.reason;
  };
  return stepWord(entries, step, faultOf, until);
};
