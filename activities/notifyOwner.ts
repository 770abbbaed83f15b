import type { IncidentView } from '../src/domain/incident/types.js';
import { GLASS_INCIDENT } from '../src/domain/urgency/breakGlass.js';
import type { LedgerEntry } from '../src/ports/ledger.js';
import type { Notification } from '../src/ports/notifier.js';
import { environmentState } from './environmentState.js';
import { incidentStream, writeTold } from './incidentRecord.js';
import type { Ports } from './ports.js';

export interface NotifyOwnerInput {
  readonly view: IncidentView;
  readonly kind: 'opened' | 'escalated' | 'resolved';
  readonly to: string;
  /** Counts escalations, from 1. */
  readonly number?: number;
  /** Every finding that arrived so far. */
  readonly findingIds: readonly string[];
}

export interface OwnerNotified {
  readonly told: boolean;
  /** Why nobody was told. */
  readonly reason?: string;
}

/**
 * Tells an owner about an incident, once: the ledger remembers what was delivered, and receivers drop what was
 * delivered just before a crash by its ID. An incident about something that an earlier one already handled, or about
 * a version that serves no more, alerts nobody.
 */
export const createNotifyOwner =
  (ports: Ports) =>
  async (input: NotifyOwnerInput): Promise<OwnerNotified> => {
    const { view, kind } = input;
    const event = kind === 'escalated' ? `escalated/${input.number ?? 1}` : kind;
    const entries = await ports.ledger.read(incidentStream(view));
    const told = entries.some(
      (entry) => entry.entryId === `${view.openedAt}/${event}` && entry.kind === `incident.${kind}`,
    );
    if (told) return { told: true };
    if (kind === 'opened') {
      const reason = handledBefore(entries, input) ?? (await obsolete(ports, view));
      if (reason !== undefined) return { told: false, reason };
    }
    await ports.notifier.notify(notificationOf(input, event, ports.settings.apiUrl));
    ports.failpoint('notifyOwner.delivered');
    await writeTold(ports, view, event, Date.now(), {
      to: input.to,
      findings: input.findingIds,
      ...(kind === 'resolved' ? { resolution: view.resolution ?? '', remediation: view.remediation ?? null } : {}),
      acknowledgedBy: view.acknowledgedBy ?? null,
    });
    ports.failpoint('notifyOwner.recorded');
    return { told: true };
  };

/** Of another opening of the same problem: a finding that is delivered late, or once more after a lost engine. */
const handledBefore = (entries: readonly LedgerEntry[], { view, findingIds }: NotifyOwnerInput): string | undefined => {
  const earlier = entries.filter((entry) => entry.body['openedAt'] !== view.openedAt);
  const handled = new Set(
    earlier.flatMap((entry) => (Array.isArray(entry.body['findings']) ? (entry.body['findings'] as unknown[]) : [])),
  );
  return findingIds.length > 0 && findingIds.every((id) => handled.has(id))
    ? 'an earlier incident handled these findings'
    : undefined;
};

const obsolete = async (ports: Ports, view: IncidentView): Promise<string | undefined> => {
  // What people did is about a version that may not serve yet.
  if (view.kind === GLASS_INCIDENT) return undefined;
  const champion = (await environmentState(ports, `environment/${view.model}/${view.environment}`))?.champion
    ?.artifactDigest;
  if (champion === undefined || view.findings.some((finding) => finding.artifactDigest === champion)) return undefined;
  return 'the version that was measured serves no more';
};

const SUBJECTS = { opened: 'Incident', escalated: 'Not acknowledged', resolved: 'Resolved' } as const;

const notificationOf = ({ view, kind, to }: NotifyOwnerInput, event: string, apiUrl: string): Notification => {
  const newest = view.findings.at(-1);
  const path = view.incidentId.replace(/^incident\//, '');
  return {
    id: `${view.incidentId}@${view.openedAt}/${event}`,
    kind: `incident_${kind}`,
    to,
    subject: `${SUBJECTS[kind]}: ${view.kind} of ${view.subject}, ${view.model} in ${view.environment}`,
    body:
      kind === 'resolved'
        ? (view.resolution ?? 'resolved')
        : `${newest?.finding.reason ?? ''}\nRun: slipway incident show ${view.incidentId}\nand: slipway incident ack ${view.incidentId}`,
    url: `${apiUrl}/api/v1/incidents/${path}`,
    data: {
      incidentId: view.incidentId,
      openedAt: view.openedAt,
      model: view.model,
      environment: view.environment,
      kind: view.kind,
      subject: view.subject,
      status: view.status,
      ...(newest === undefined
        ? {}
        : { report: newest.report, window: newest.window, artifactDigest: newest.artifactDigest }),
      ...(view.remediation === undefined ? {} : { remediation: view.remediation }),
    },
  };
};
