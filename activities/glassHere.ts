import type { Version } from '../src/domain/artifact/types.js';
import { passageEnd } from '../src/domain/hold/passageEnd.js';
import type { Place } from '../src/domain/hold/types.js';
import { signedDecision } from '../src/domain/ledger/judgeDecision.js';
import { pusherOnRecord } from '../src/domain/release/onRecord.js';
import { GLASS_SIGNED, judgeBreakGlass, type Glass, type GlassWord } from '../src/domain/urgency/breakGlass.js';
import { environmentId } from '../workflows/messages.js';
import type { Ports } from './ports.js';
import { readChain } from './onRecord.js';
import { authorsHere } from './releaseAuthors.js';

/** Who broke the glass for this version here, by what they signed and by who they are now; no message is believed. */
export const glassHere = async (ports: Ports, place: Place, version: Version): Promise<Glass> => {
  const roles = ports.settings.breakGlassRoles ?? [];
  if (roles.length === 0) return { kind: 'shut', reason: 'the operator names no roles for break-glass' };
  const entries = await readChain(ports, version.releaseId);
  const words: GlassWord[] = [];
  for (const entry of entries) {
    if (entry.kind !== GLASS_SIGNED || entry.body['environment'] !== place.environment) continue;
    const claims = await signedDecision(entry, (statement) => ports.decisions.verify(statement));
    if (claims !== undefined) words.push({ claims, at: entry.at, seq: entry.seq });
  }
  if (words.length === 0) return { kind: 'shut', reason: 'nobody asked for it' };
  const usedAt = passageEnd(await readChain(ports, environmentId(place.model, place.environment)), version.releaseId);
  return judgeBreakGlass({
    ...{ words, entries, place, version, roles },
    audience: ports.settings.installation,
    identities: await ports.directory.identities(),
    authorship: await authorsHere(ports, place, { releaseId: version.releaseId, trigger: pusherOnRecord(entries) }),
    ...(usedAt === undefined ? {} : { usedAt }),
  });
};

/** Two people agreed, and what comes with it is on record. */
export const isGlassOpen = async (ports: Ports, place: Place, version: Version): Promise<boolean> => {
  const glass = await glassHere(ports, place, version);
  return glass.kind === 'agreed' && glass.opened;
};
