import { log } from '@temporalio/activity';
import type { Version } from '../src/domain/artifact/types.js';
import { incidentId } from '../src/domain/incident/keys.js';
import type { Place } from '../src/domain/hold/types.js';
import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import { GLASS_INCIDENT, GLASS_OPENED, type GlassWord } from '../src/domain/urgency/breakGlass.js';
import { sayBreakGlass, type BreakGlassNotice } from '../src/domain/urgency/glassNotice.js';
import { environmentId, findingSignal, lookSignal, type FindingMessage } from '../workflows/messages.js';
import type { WorkflowStart } from '../src/ports/workflows.js';
import { digestOf } from '../src/contract/canonicalDigest.js';
import { assertOwnStream } from './assertOwnStream.js';
import { putJson } from './documents.js';
import { glassHere } from './glassHere.js';
import type { Ports } from './ports.js';
import { signLedger } from './recordStage.js';

export interface OpenBreakGlassInput extends Place {
  readonly version: Version;
  /** The incident that comes with it. */
  readonly incident: WorkflowStart;
}

export type OpenedGlass =
  { readonly kind: 'open'; readonly notice: BreakGlassNotice } | { readonly kind: 'shut'; readonly reason: string };

/**
 * Looks whether two people stand for it; then opens the incident, and only then writes down that the glass is broken,
 * which is what targets ask for: nothing passes without an incident. Done again it is the same incident and the same entry.
 */
export const createOpenBreakGlass =
  (ports: Ports) =>
  async ({ model, environment, version, incident }: OpenBreakGlassInput): Promise<OpenedGlass> => {
    assertOwnStream(version.releaseId);
    const named = incidentId(model, environment, GLASS_INCIDENT, version.commit);
    // The message of a workflow that anybody can start: nothing passes with an incident that nobody looks at.
    if (incident.workflowType !== 'incident' || incident.workflowId !== named)
      throw new SlipwayError('record_mismatch', `${incident.workflowId} is not ${named}`);
    const glass = await glassHere(ports, { model, environment }, version);
    if (glass.kind === 'shut') {
      log.info('break-glass stays shut', { releaseId: version.releaseId, environment, reason: glass.reason });
      return glass;
    }
    const notice = noticeOf(environment, incident.workflowId, glass.words);
    await tellIncident(ports, { model, environment, version, incident }, notice, glass.words);
    ports.failpoint('openBreakGlass.told');
    const id = digestOf(glass.words.map(({ claims }) => claims.jti));
    await ports.ledger.append(version.releaseId, `breakglass/opened/${id}`, GLASS_OPENED, Date.now(), {
      ...notice,
      artifactDigest: version.artifactDigest,
    });
    await signLedger(ports, [version.releaseId]);
    await nudge(ports, environmentId(model, environment));
    return { kind: 'open', notice };
  };

const noticeOf = (environment: string, incidentId: string, words: readonly GlassWord[]): BreakGlassNotice => ({
  environment,
  by: words.map(({ claims }) => claims.sub),
  reason: words.map(({ claims }) => claims.reason).join('; '),
  at: Math.max(...words.map(({ at }) => at)),
  incidentId,
});

const tellIncident = async (
  ports: Ports,
  { incident, version }: OpenBreakGlassInput,
  notice: BreakGlassNotice,
  words: readonly GlassWord[],
): Promise<void> => {
  const message: FindingMessage = {
    findingId: `${version.releaseId}/${notice.environment}/${words.map(({ claims }) => claims.jti).join('+')}`,
    finding: { kind: GLASS_INCIDENT, subject: version.commit, reason: sayBreakGlass(notice), pages: true },
    report: await putJson(ports.store, { kind: 'breakglass', version, ...notice }),
    artifactDigest: version.artifactDigest,
    window: { start: notice.at, end: notice.at },
  };
  await ports.workflows.signalWithStart(incident, findingSignal.name, message);
};

/** An arbiter that hears nothing looks by itself within the hour; one that is not there yet holds nothing. */
const nudge = async ({ workflows }: Ports, arbiter: string): Promise<void> => {
  try {
    await workflows.signal(arbiter, lookSignal.name, undefined);
  } catch (error) {
    if (!(error instanceof SlipwayError) || error.code !== 'not_found') throw error;
  }
};
