/** What override and break-glass have in common: a word that lets a release past what holds it back. */
import { SlipwayError } from '../domain/errors/slipwayError.js';
import type { ErrorCode } from '../domain/errors/table.js';
import { mayBypass } from '../domain/hold/mayBypass.js';
import type { Place } from '../domain/hold/types.js';
import { packagedLast } from '../domain/release/lastFound.js';
import type { Authorship, ReleaseView } from '../domain/release/types.js';
import type { LedgerEntry } from '../ports/ledger.js';
import { authorsOnRecord } from './authorsOnRecord.js';
import type { ServerPorts } from './ports.js';
import { readChain } from './readChain.js';
import { readRelease, releaseIdOf, type ReleaseParams } from './releaseState.js';

/** A release whose answer was held against its own stream of the ledger. */
export interface ProvenRelease {
  readonly view: ReleaseView & Required<Pick<ReleaseView, 'artifactDigest'>>;
  readonly entries: readonly LedgerEntry[];
  readonly authorship: Authorship;
}

/**
 * What a release says of itself, as far as somebody signs on it: whoever reaches Temporal can run a worker that answers for
 * another release. It must be the one that was named, its artifact the one that the ledger has as packaged last; who wrote,
 * started and resumed it is read there, and nothing of that is what the release says.
 */
export const provenRelease = async (ports: ServerPorts, params: ReleaseParams): Promise<ProvenRelease> => {
  const view = await readRelease(ports, params);
  const releaseId = releaseIdOf(params);
  const { artifactDigest } = view;
  if (artifactDigest === undefined) throw new SlipwayError('not_held', `${releaseId} has no artifact yet`);
  const entries = await readChain(ports, releaseId);
  const packaged = packagedLast(entries);
  if (view.releaseId !== releaseId || view.model !== params.model || packaged !== artifactDigest)
    throw new SlipwayError(
      'subject_unproven',
      `${view.releaseId} says that it brings ${artifactDigest}; the ledger has ${String(packaged ?? 'nothing')} as what ${releaseId} packaged last`,
    );
  return { view: { ...view, artifactDigest }, entries, authorship: await authorsOnRecord(ports, entries) };
};

/** Refuses whom the target would refuse, under the same rule. */
export const assertMayBypass = async (
  { directory }: ServerPorts,
  name: string,
  { authorship }: Pick<ProvenRelease, 'authorship'>,
  asked: {
    readonly roles: readonly string[];
    readonly place: Place;
    readonly forbidden: ErrorCode;
    readonly say: string;
  },
): Promise<void> => {
  const identities = await directory.identities();
  const standing = mayBypass({ name, asked: asked.roles, place: asked.place, identities, authorship });
  if (standing.ok) return;
  const { code, reason } = standing;
  throw new SlipwayError(code === 'forbidden' ? asked.forbidden : code, `${reason}: ${asked.say}`);
};
