import type { Version } from '../src/domain/artifact/types.js';
import { judgeApproval } from '../src/domain/environment/deploymentAuthority.js';
import type { Place } from '../src/domain/hold/types.js';
import { asTheySigned } from '../src/domain/identity/asTheySigned.js';
import type { Authorship } from '../src/domain/release/types.js';
import { lookedAtBy } from '../src/domain/urgency/hotfix.js';
import type { LedgerEntry } from '../src/ports/ledger.js';
import { readSpec } from './artifactContents.js';
import { digestOf } from '../src/contract/canonicalDigest.js';
import type { Ports } from './ports.js';
import { signedDecisions } from './signedDecisions.js';

/**
 * Did people look at what a declared hotfix brought here, by what they signed? That its release ended promoted says nothing:
 * once it has ended whoever reaches the engine can end it again, under its ID.
 *
 * @param entries the stream of its release
 * @param authorship who could not: asked only where anybody signed
 */
export const wasLookedAt = async (
  ports: Pick<Ports, 'store' | 'decisions' | 'directory' | 'settings'>,
  { model, environment }: Place,
  version: Version,
  entries: readonly LedgerEntry[],
  authorship: () => Promise<Authorship>,
): Promise<boolean> => {
  const { environments } = await readSpec(ports.store, version.artifactDigest);
  const here = environments.find(({ name }) => name === environment);
  if (here === undefined) return false;
  const looked = lookedAtBy(here);
  if (looked === undefined) return true;
  const signed = await signedDecisions(ports, entries);
  if (signed.size === 0) return false;
  const judged = judgeApproval({
    ...{ model, version, environment, ...looked, entries, signed },
    policyDigest: digestOf(looked.approval),
    audience: ports.settings.installation,
    authorship: await authorship(),
    identities: asTheySigned(await ports.directory.identities(), [...signed.values()]),
  });
  return judged.kind === 'authorised';
};
