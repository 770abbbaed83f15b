import { askedLast, subjectAsked } from '../domain/approval/askedLast.js';
import { askingOf, gateOf } from '../domain/approval/asking.js';
import { subjectDifferences } from '../domain/approval/canApprove.js';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import { packagedLast } from '../domain/release/lastFound.js';
import type { WaitingView } from '../domain/release/types.js';
import type { LedgerEntry } from '../ports/ledger.js';
import type { ServerPorts } from './ports.js';
import { readChain } from './readChain.js';
import { releaseIdOf, type ReleaseParams } from './releaseState.js';

/**
 * Nothing is signed, or shown to who signs, that was only answered: whoever reaches Temporal can run a worker that says what
 * another release waits with. What is decided on must be of the release that was named, and be what the ledger has as asked
 * last there, about the artifact that this release packaged: the authors of another one are not counted.
 *
 * @returns the entry that asked for it
 */
export const assertAsked = async (
  ports: Pick<ServerPorts, 'ledger'>,
  params: ReleaseParams,
  { environment, subject }: WaitingView,
): Promise<LedgerEntry> => {
  const releaseId = releaseIdOf(params);
  const gate = gateOf(askingOf(subject.gate), environment);
  const named = { ...subject, workflowId: releaseId, model: params.model, env: environment, gate };
  const entries = await readChain(ports, releaseId);
  const asked = askedLast(entries, gate);
  const different = [
    ...subjectDifferences(subject, named),
    ...subjectDifferences(asked === undefined ? {} : subjectAsked(asked), subject),
  ];
  if (asked === undefined || different.length > 0)
    throw new SlipwayError(
      'subject_unproven',
      `${releaseId} says that it waits with what the ledger does not have as asked last at ${gate}: another ${[...new Set(different)].join(', ')}`,
    );
  const packaged = packagedLast(entries);
  if (packaged !== subject.artifactDigest)
    throw new SlipwayError(
      'subject_unproven',
      `${releaseId} asks for ${subject.artifactDigest}; the ledger has ${String(packaged ?? 'nothing')} as what it packaged last`,
    );
  return asked;
};
