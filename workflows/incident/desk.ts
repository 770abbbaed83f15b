import { ApplicationFailure, setCurrentDetails, setHandler, upsertSearchAttributes } from '@temporalio/workflow';
import { renderIncident } from '../../src/domain/incident/renderIncident.js';
import type { IncidentFinding, IncidentStatus, IncidentView } from '../../src/domain/incident/types.js';
import { isMeasured } from '../../src/domain/incident/measured.js';
import { GLASS_INCIDENT } from '../../src/domain/urgency/breakGlass.js';
import type { DeploymentSettled } from '../../src/domain/environment/types.js';
import {
  acknowledgeUpdate,
  deploymentSettledSignal,
  findingSignal,
  incidentId,
  incidentStateQuery,
  leaseGrantedSignal,
  releaseEndedSignal,
  resolveUpdate,
  SEARCH_ATTRIBUTES,
  type AcknowledgeMessage,
  type FindingMessage,
  type IncidentInput,
  type IncidentProgress,
  type LeaseReceipt,
  type ReleaseEndedMessage,
  type ResolveMessage,
} from '../messages.js';

const MAX_FINDINGS = 50;
const MAX_KNOWN = 500;
const MAX_TIMELINE = 100;
/** Of a JavaScript date, milliseconds. */
const LATEST_INSTANT = 8.64e15;

/** What the parts of an incident share: its view, its progress, and what arrived for it. */
export interface Desk {
  readonly input: IncidentInput;
  readonly owners: readonly string[];
  view(): IncidentView;
  progress(): IncidentProgress;
  /** Writes a line of the timeline, and whatever changed with it. */
  note(text: string, change?: Partial<IncidentView>): void;
  advance(change: Partial<IncidentProgress>): void;
  /** Counts everything that may be a reason to look again. */
  revision(): number;
  touch(): void;
  newest(): IncidentFinding | undefined;
  settledOf(requestId: string): DeploymentSettled | undefined;
  releaseEndOf(releaseId: string): ReleaseEndedMessage | undefined;
  lease(): LeaseReceipt | undefined;
  forgetLease(): void;
  /** Ends the incident's work; the loop then tells the owner. */
  resolve(resolution: string): void;
  /** Findings that arrived after it was resolved. */
  late(): readonly FindingMessage[];
}

/** Acknowledgements go on record through `acknowledged`, and what people end through `ended`: both run inside the update. */
export const openDesk = (
  input: IncidentInput,
  acknowledged: (desk: Desk, message: AcknowledgeMessage) => Promise<void>,
  ended: (desk: Desk, message: ResolveMessage) => Promise<void>,
): Desk => {
  const now = Date.now();
  let view: IncidentView = input.carried ?? {
    incidentId: incidentId(input.model, input.environment, input.kind, input.subject),
    model: input.model,
    environment: input.environment,
    kind: input.kind,
    subject: input.subject,
    status: 'open',
    openedAt: now,
    owner: input.owner,
    findings: [],
    alertsDelivered: 0,
    timeline: [],
  };
  let progress: IncidentProgress = input.progress ?? {
    told: 0,
    known: [],
    assessedUntil: -1,
    assessAgainAt: 0,
    lastFindingAt: now,
    lookAt: now + input.monitoring.everyMs,
    retrains: 0,
    requests: 0,
  };
  let revision = 0;
  let lease: LeaseReceipt | undefined;
  const settled: DeploymentSettled[] = [];
  const releasesEnded: ReleaseEndedMessage[] = [];
  const late: FindingMessage[] = [];

  const note = (text: string, change: Partial<IncidentView> = {}): void => {
    const timeline = [...view.timeline, { at: Date.now(), text: text.slice(0, 500) }].slice(-MAX_TIMELINE);
    view = { ...view, ...change, timeline };
    revision += 1;
    setCurrentDetails(renderIncident(view));
  };
  const arrive = (message: FindingMessage): void => {
    if (!isFinding(message)) {
      note('ignored a finding that is none');
      return;
    }
    if (progress.known.includes(message.findingId)) return;
    if (view.status === 'resolved') {
      late.push(message);
      return;
    }
    const { findingId, finding, report, artifactDigest, window } = message;
    progress = { ...progress, known: [...progress.known, findingId].slice(-MAX_KNOWN), lastFindingAt: Date.now() };
    const findings = [...view.findings, { findingId, finding, report, artifactDigest, window }].slice(-MAX_FINDINGS);
    if (!isMeasured(input.kind)) {
      note(finding.reason, { findings });
      return;
    }
    note(`found in the window from ${new Date(window.start).toISOString().slice(0, 16)}: ${finding.reason}`, {
      findings,
    });
  };

  const desk: Desk = {
    input,
    owners: input.owners === undefined || input.owners.length === 0 ? [input.owner] : [...new Set(input.owners)],
    view: () => view,
    progress: () => progress,
    note,
    advance: (change) => void (progress = { ...progress, ...change }),
    revision: () => revision,
    touch: () => void (revision += 1),
    newest: () => [...view.findings].sort((a, b) => a.window.start - b.window.start).at(-1),
    settledOf: (requestId) => settled.find((message) => message.requestId === requestId),
    releaseEndOf: (releaseId) => releasesEnded.find((message) => message.releaseId === releaseId),
    lease: () => lease,
    forgetLease: () => void (lease = undefined),
    resolve: (resolution) => {
      if (view.status === 'resolved') return;
      note(resolution, { status: 'resolved', resolution, resolvedAt: Date.now() });
      upsertSearchAttributes([{ key: SEARCH_ATTRIBUTES.stage, value: 'resolved' }]);
    },
    late: () => late,
  };

  setHandler(incidentStateQuery, () => view, { description: 'What is wrong, who knows, and what is done about it' });
  setHandler(findingSignal, arrive, {
    description: 'A drift check found this problem in a window; repeats are dropped',
  });
  setHandler(
    acknowledgeUpdate,
    async (message) => {
      const by = named(message?.by, 'an acknowledgement names who gives it').slice(0, 100);
      if (view.status === 'resolved')
        throw ApplicationFailure.nonRetryable('the incident is resolved', 'incident_closed');
      if (view.acknowledgedBy === undefined) {
        const status: IncidentStatus = view.status === 'open' ? 'acknowledged' : view.status;
        const words = typeof message.note === 'string' && message.note !== '' ? `: ${message.note.slice(0, 300)}` : '';
        note(`acknowledged by ${by}${words}`, { status, acknowledgedBy: by, acknowledgedAt: Date.now() });
        await acknowledged(desk, message);
      }
      return view;
    },
    { description: 'Somebody looks after it: nobody else is told' },
  );
  setHandler(
    resolveUpdate,
    async (message) => {
      const by = named(message?.by, 'a resolution names who gives it');
      const reason = named(message.reason, 'a resolution says why').slice(0, 300);
      if (view.status === 'resolved')
        throw ApplicationFailure.nonRetryable('the incident is resolved', 'incident_closed');
      if (input.kind !== GLASS_INCIDENT)
        throw ApplicationFailure.nonRetryable(
          `a problem of the kind ${input.kind} ends when later windows are sound`,
          'incident_measured',
        );
      if (view.acknowledgedBy === undefined)
        throw ApplicationFailure.nonRetryable('nobody has acknowledged it yet', 'incident_unacknowledged');
      await ended(desk, { by, reason });
      desk.resolve(`resolved by ${by}: ${reason}`);
      return view;
    },
    { description: 'Somebody says that a problem which nothing measures is over' },
  );
  setHandler(
    leaseGrantedSignal,
    (receipt) => {
      lease = receipt;
      revision += 1;
    },
    { description: 'The environment says whether this incident may repair it' },
  );
  setHandler(
    deploymentSettledSignal,
    (message) => {
      if (typeof message?.requestId === 'string') settled.push(message);
      // Whether that is so it looks for itself, and at once.
      if (message?.outcome?.kind === 'retired') progress = { ...progress, lookAt: Date.now() };
      revision += 1;
    },
    { description: 'The environment answers a rollback of this incident, or says that its model was retired' },
  );
  setHandler(
    releaseEndedSignal,
    (message) => {
      if (typeof message?.releaseId === 'string') releasesEnded.push(message);
      revision += 1;
    },
    { description: 'A retrain of this incident ended' },
  );
  for (const message of input.pending ?? []) arrive(message);
  return desk;
};

const named = (value: unknown, otherwise: string): string => {
  if (typeof value !== 'string' || value === '') throw ApplicationFailure.nonRetryable(otherwise, 'request_invalid');
  return value.slice(0, 300);
};

/** Anybody with access to the engine can send a signal by hand: what is malformed must not stop the incident. */
const isFinding = (message: FindingMessage | undefined): message is FindingMessage =>
  typeof message?.findingId === 'string' &&
  typeof message.finding?.reason === 'string' &&
  typeof message.report === 'string' &&
  typeof message.artifactDigest === 'string' &&
  Math.abs(message.window?.start) <= LATEST_INSTANT &&
  Math.abs(message.window.end) <= LATEST_INSTANT;
