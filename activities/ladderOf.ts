import { handsOf } from '../src/domain/identity/authorFault.js';
import { decidingRoles } from '../src/domain/approval/approvalRule.js';
import { planLadder, type LadderPerson } from '../src/domain/approval/planLadder.js';
import type { ApprovalSubject } from '../src/domain/approval/types.js';
import type { LadderStep } from '../src/domain/approval/ladder.js';
import type { BusinessCalendar } from '../src/domain/calendar/types.js';
import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import { standingOf } from '../src/domain/identity/mayDecide.js';
import { personsOf } from '../src/domain/identity/person.js';
import type { Authorship } from '../src/domain/release/types.js';
import type { EnvironmentSpec } from '../src/domain/spec/types.js';
import type { LedgerEntry } from '../src/ports/ledger.js';
import type { Ports } from './ports.js';

const CLOCK_SKEW_MS = 60_000;

/** The steps of a wait, by the calendars of those who may decide on this release. */
export const ladderOf = async (
  { directory, calendar, ledger }: Pick<Ports, 'directory' | 'calendar' | 'ledger'>,
  environment: EnvironmentSpec,
  subject: ApprovalSubject,
  authorship: Authorship,
  expireAt: number,
): Promise<readonly LadderStep[]> => {
  const policy = environment.approval;
  if (policy.kind !== 'required') return [];
  const since = askedAt(await ledger.read(subject.workflowId), environment.name, expireAt - policy.expireAfterMs);
  const identities = await directory.identities();
  const excluded = handsOf(authorship);
  const person = personsOf(identities);
  const barred = new Set(excluded.map(person));
  const may = (name: string): boolean => !barred.has(person(name)) && identities.some((one) => one.name === name);
  const place = { model: subject.model, environment: environment.name };
  const deciders = identities
    .filter((one) => may(one.name) && standingOf(one, decidingRoles(policy), place).ok)
    .map((one): LadderPerson => ({ ...one, deputies: (one.deputies ?? []).filter(may) }));
  const businessInstant = (of: BusinessCalendar | undefined, since: number, ms: number): number | undefined => {
    try {
      return calendar.businessInstant(of, since, ms);
    } catch (error) {
      // A person who hardly ever works must not keep others from being asked.
      if (error instanceof SlipwayError && error.code === 'calendar_without_hours') return undefined;
      throw error;
    }
  };
  return planLadder({
    policy,
    roles: decidingRoles(policy),
    deciders,
    since,
    expireAt,
    businessInstant,
  });
};

/**
 * People have time from when they were asked first in this wait, not from when the wait began: no worker may have run in
 * between. What an earlier telling of the release asked does not count.
 */
const askedAt = (entries: readonly LedgerEntry[], environment: string, began: number): number => {
  const asked = entries.find(
    ({ kind, at, body }) => kind === 'approval.asked' && body['env'] === environment && at >= began - CLOCK_SKEW_MS,
  );
  return Math.max(began, asked?.at ?? began);
};
