import type { Place } from '../domain/hold/types.js';
import { passageEnd } from '../domain/hold/passageEnd.js';
import type { ReleaseView } from '../domain/release/types.js';
import { GLASS_SIGNED, glassSubject, whereItWaits, type GlassSubject } from '../domain/urgency/breakGlass.js';
import { glassWaits, type GlassWaits } from '../domain/urgency/glassWaits.js';
import { digestOf } from '../contract/canonicalDigest.js';
import type { LedgerEntry } from '../ports/ledger.js';
import { environmentId } from '../../workflows/messages.js';
import { authorsOnRecord } from './authorsOnRecord.js';
import type { ProvenRelease } from './bypass.js';
import type { ServerPorts } from './ports.js';
import { readChain } from './readChain.js';

/** What is signed for break-glass of a release somewhere now, and who did. */
export interface GlassOccasion {
  readonly subject: GlassSubject;
  /** Beginning of the entries' IDs. */
  readonly occasion: string;
  readonly words: readonly { readonly by: string; readonly at: number }[];
}

/** Of one occasion: when what is decided on changes, or a passage ends, everybody is asked anew. */
export const glassOccasion = async (
  ports: ServerPorts,
  { releaseId, artifactDigest }: Pick<ProvenRelease['view'], 'releaseId' | 'artifactDigest'>,
  { model, environment }: Place,
  entries: readonly LedgerEntry[],
): Promise<GlassOccasion> => {
  const subject = boundOf(glassSubject(entries, environment, artifactDigest));
  const used = passageEnd(await readChain(ports, environmentId(model, environment)), releaseId) ?? 0;
  const occasion = `breakglass/${environment}/${digestOf({ subject, used })}`;
  const words = entries
    .filter(({ kind, entryId }) => kind === GLASS_SIGNED && entryId.startsWith(`${occasion}/`))
    .map(({ body, at }) => ({ by: String(body['by']), at }));
  return { subject, occasion, words };
};

const boundOf = ({
  epoch,
  artifactDigest,
  evidenceDigest,
  policyDigest,
  planDigest,
  inputsDigest,
}: GlassSubject): GlassSubject => ({
  ...{ epoch, artifactDigest, evidenceDigest, policyDigest, planDigest, inputsDigest },
});

/** The first word of a break-glass that waits for a second person; undefined: there is none that would count. */
export const glassAsked = async (ports: ServerPorts, view: ReleaseView): Promise<GlassWaits | undefined> => {
  const { glassLook, releaseId, model, artifactDigest, waiting } = view;
  const waits = whereItWaits(view);
  if (waits === undefined || artifactDigest === undefined || glassLook?.environment !== waits.environment)
    return undefined;
  const entries = await readChain(ports, releaseId);
  const place = { model, environment: waits.environment };
  const { words } = await glassOccasion(ports, { releaseId, artifactDigest }, place, entries);
  return glassWaits({
    ...{ words, place, roles: ports.settings.breakGlassRoles },
    identities: await ports.directory.identities(),
    authorship: await authorsOnRecord(ports, entries),
    ...(waits.stage === 'approve' && waiting !== undefined ? { until: waiting.expireAt } : {}),
  });
};
