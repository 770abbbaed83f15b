/**
 * One problem, from alert to resolution: it is opened once, tells one owner after the other until somebody
 * acknowledges, tries a guarded remediation, and ends when that helped or when later windows are sound again. The
 * only place that pages a person or starts a remediation for its problem.
 */
import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  isCancellation,
  patched,
  proxyActivities,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';
import type { Recovery } from '../activities/lookForRecovery.js';
import { nextEscalation } from '../src/domain/incident/nextEscalation.js';
import type { IncidentView } from '../src/domain/incident/types.js';
import { isMeasured } from '../src/domain/incident/measured.js';
import { GLASS_INCIDENT } from '../src/domain/urgency/breakGlass.js';
import { openDesk, type Desk } from './incident/desk.js';
import { remediate } from './incident/remediate.js';
import type { AcknowledgeMessage, IncidentInput, ResolveMessage } from './messages.js';
import { failureReason } from './failureText.js';
import { historyIsLong } from './historyIsLong.js';
import { control, delivery, polling } from './retry.js';

const { notifyOwner } = proxyActivities<Activities>(delivery);
const { recordIncident } = proxyActivities<Activities>(control);
const { lookForRecovery } = proxyActivities<Activities>(polling);

const HOUR_MS = 3_600_000;
const ESCALATE_AFTER_MS = 4 * HOUR_MS;
const FIRST_FINDING_WITHIN_MS = HOUR_MS;
/** A look costs an activity and a timer: rarer the longer nothing happened. */
const LOOK_AT_LEAST_MS = 60_000;
const LOOK_AT_MOST_MS = 6 * HOUR_MS;

export async function incident(input: IncidentInput): Promise<IncidentView> {
  const desk = openDesk(input, recordAcknowledgement, recordResolution);
  try {
    if (input.carried === undefined) await open(desk);
    await attend(desk);
    await tellResolved(desk);
  } catch (error) {
    if (!isCancellation(error)) throw error;
    desk.resolve('cancelled by request');
    await CancellationScope.nonCancellable(() => tellResolved(desk));
  }
  await CancellationScope.nonCancellable(() => condition(allHandlersFinished));
  // The same problem was found again when this one had just been resolved.
  const pending = desk.late();
  if (pending.length > 0) await continueAsNew<typeof incident>({ ...carry(desk), pending });
  return desk.view();
}

/** The alert; resolved at once where there is nothing to alert about. */
const open = async (desk: Desk): Promise<void> => {
  const found = await condition(() => desk.newest() !== undefined, FIRST_FINDING_WITHIN_MS, {
    summary: 'the first finding',
  });
  if (!found) {
    desk.resolve('it was opened without a finding');
    return;
  }
  const { delivered, handled } = await tell(desk, 'opened', desk.view().owner);
  if (handled !== undefined) {
    desk.resolve(handled);
    return;
  }
  if (delivered) desk.note(`alerted ${desk.view().owner}`, { alertsDelivered: 1 });
  // Also where the alert reached nobody: the next owner is due then.
  desk.advance({ told: 1 });
};

/** Until it is resolved: the next owner, the next remediation, the next look, whatever is due first. */
const attend = async (desk: Desk): Promise<void> => {
  let repairing = false;
  let broken: Error | undefined;
  while (desk.view().status !== 'resolved') {
    if (broken !== undefined) throw broken;
    const newest = desk.newest();
    if (
      isMeasured(desk.input.kind) &&
      !repairing &&
      newest !== undefined &&
      newest.window.start > desk.progress().assessedUntil
    ) {
      repairing = true;
      remediate(desk, newest)
        .catch((error: unknown) => void (broken = error instanceof Error ? error : new Error(String(error))))
        .finally(() => {
          repairing = false;
          desk.touch();
        });
    }
    if (!repairing && historyIsLong() && allHandlersFinished()) {
      await continueAsNew<typeof incident>({ ...carry(desk), carried: desk.view(), progress: desk.progress() });
    }
    const next = nextAct(desk, repairing);
    const seen = desk.revision();
    const changed = await waitFor(() => desk.revision() !== seen, next);
    if (!changed && next !== undefined && desk.view().status !== 'resolved') await next.act();
  }
};

/** What people did is over when a person says so: nothing measures it, and nothing repairs it. */
const isGlass = ({ input }: Desk): boolean => input.kind === GLASS_INCIDENT;

interface Act {
  readonly at: number;
  readonly summary: string;
  act(): Promise<void>;
}

const nextAct = (desk: Desk, repairing: boolean): Act | undefined => {
  const { told, lookAt, assessAgainAt } = desk.progress();
  const escalation = nextEscalation(
    { owners: desk.owners, escalateAfterMs: ESCALATE_AFTER_MS },
    desk.view(),
    told,
    Date.now(),
  );
  const acts: Act[] =
    repairing || isGlass(desk)
      ? []
      : [{ at: lookAt, summary: 'look whether later windows are sound', act: () => look(desk) }];
  if (!repairing && assessAgainAt > 0) {
    acts.push({
      at: assessAgainAt,
      summary: 'the cooldown ends',
      act: async () => desk.advance({ assessedUntil: -1 }),
    });
  }
  if (escalation.kind === 'tell') {
    const { owner, at } = escalation;
    acts.push({
      at,
      summary: `tell ${owner} unless somebody acknowledges`,
      act: () => escalate(desk, owner, escalation.told),
    });
  }
  return acts.sort((a, b) => a.at - b.at)[0];
};

/** True where something happened, false where the act is due. */
const waitFor = async (happened: () => boolean, next: Act | undefined): Promise<boolean> => {
  if (next === undefined) {
    await condition(happened);
    return true;
  }
  return condition(happened, Math.max(1, next.at - Date.now()), { summary: next.summary });
};

const escalate = async (desk: Desk, owner: string, number: number): Promise<void> => {
  desk.advance({ told: number });
  const { delivered } = await tell(desk, 'escalated', owner, number - 1);
  if (!delivered) return;
  desk.note(`nobody acknowledged: told ${owner}`, { alertsDelivered: desk.view().alertsDelivered + 1 });
};

const look = async (desk: Desk): Promise<void> => {
  const { model, environment, kind, subject } = desk.input;
  const after = desk.newest()?.window.start ?? 0;
  let seen: Recovery | undefined;
  try {
    seen = await lookForRecovery.executeWithOptions({ summary: 'are later windows sound?' }, [
      { model, environment, kind, subject, after },
    ]);
  } catch (error) {
    // Incidents from before this ended with a look that failed.
    if (isCancellation(error) || !patched('looks-may-fail')) throw error;
    noteOnce(desk, `could not look whether it is over: ${failureReason(error)}`);
  }
  const quiet = (Date.now() - desk.progress().lastFindingAt) / 4;
  const pause = Math.max(LOOK_AT_LEAST_MS, desk.input.monitoring.everyMs, Math.min(LOOK_AT_MOST_MS, quiet));
  desk.advance({ lookAt: Date.now() + (seen === undefined ? Math.min(pause, HOUR_MS) : pause) });
  // What arrived during the look is newer than what it saw.
  if (seen?.recovered === true && (desk.newest()?.window.start ?? 0) === after) desk.resolve(seen.reason);
};

/** What is tried again every hour would fill the timeline with the same line. */
const noteOnce = (desk: Desk, text: string): void => {
  if (!desk.view().timeline.some((line) => line.text === text.slice(0, 500))) desk.note(text);
};

/** Whoever was alerted hears how it ended. */
const tellResolved = async (desk: Desk): Promise<void> => {
  if (desk.progress().told === 0) return;
  await tell(desk, 'resolved', desk.view().acknowledgedBy ?? desk.view().owner);
};

/** What every run of this incident is started with. */
const carry = ({ input: { carried: _, progress: __, pending: ___, ...input } }: Desk): IncidentInput => input;

interface Told {
  readonly delivered: boolean;
  /** Why there is nothing to tell anybody. */
  readonly handled?: string;
}

/** A receiver that takes nothing for a day must not end the incident: the next owner is told instead. */
const tell = async (
  desk: Desk,
  kind: 'opened' | 'escalated' | 'resolved',
  to: string,
  number?: number,
): Promise<Told> => {
  try {
    const { told, reason } = await notifyOwner.executeWithOptions({ summary: `${kind}: tell ${to}` }, [
      { view: desk.view(), kind, to, findingIds: desk.progress().known, ...(number === undefined ? {} : { number }) },
    ]);
    return told ? { delivered: true } : { delivered: false, handled: reason ?? 'nothing to alert about' };
  } catch (error) {
    if (isCancellation(error)) throw error;
    desk.note(`${to} could not be told: ${failureReason(error)}`);
    return { delivered: false };
  }
};

const recordAcknowledgement = (desk: Desk, { by, note }: AcknowledgeMessage): Promise<void> =>
  recordIncident.executeWithOptions({ summary: `acknowledged by ${by}` }, [
    {
      view: desk.view(),
      event: 'acknowledged',
      at: Date.now(),
      body: { by, note: typeof note === 'string' ? note.slice(0, 300) : '' },
    },
  ]);

const recordResolution = (desk: Desk, { by, reason }: ResolveMessage): Promise<void> =>
  recordIncident.executeWithOptions({ summary: `resolved by ${by}` }, [
    { view: desk.view(), event: 'ended', at: Date.now(), body: { by, reason } },
  ]);
