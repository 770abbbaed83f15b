import type { Digest } from '../src/domain/artifact/types.js';
import { allThatRan, ranLast } from '../src/domain/environment/deploymentAuthority.js';
import type { Place } from '../src/domain/hold/types.js';
import { provenEntries } from '../src/domain/ledger/provenEntries.js';
import type { LedgerEntry } from '../src/ports/ledger.js';
import { environmentId } from '../workflows/messages.js';
import { digestOf } from '../src/contract/canonicalDigest.js';
import type { Ports } from './ports.js';

/** Entries are authority here: a chain that was changed is none. */
export const readChain = async ({ ledger }: Pick<Ports, 'ledger'>, stream: string): Promise<readonly LedgerEntry[]> =>
  provenEntries(stream, await ledger.read(stream), digestOf);

/**
 * What an environment ran one after the other, as far as the ledger knows: whoever reaches the engine can start an arbiter
 * that says otherwise.
 *
 * @param before a release: what ran when it came
 */
export const ranOnRecord = async (
  ports: Pick<Ports, 'ledger'>,
  { model, environment }: Place,
  before?: string,
): Promise<readonly Digest[]> => allThatRan(await readChain(ports, environmentId(model, environment)), before);

/** What it runs now; undefined where nothing was ever deployed, or the model was retired. */
export const runsOnRecord = async (ports: Pick<Ports, 'ledger'>, place: Place): Promise<Digest | undefined> =>
  ranLast(await readChain(ports, environmentId(place.model, place.environment)));

/** Did this artifact run here before, as far as the ledger knows? */
export const ranHere = async (ports: Pick<Ports, 'ledger'>, place: Place, artifact: Digest): Promise<boolean> =>
  (await ranOnRecord(ports, place)).includes(artifact);
