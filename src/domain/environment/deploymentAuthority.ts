import { handsOf } from '../identity/authorFault.js';
import { authorityOf } from '../approval/authorityOf.js';
import { judgedTooLate } from '../approval/judgedTooLate.js';
import { staysInPlace } from '../approval/decisionKinds.js';
import { decidingRoles } from '../approval/approvalRule.js';
import { placesHandedOver } from '../approval/handedOver.js';
import { askedLast } from '../approval/askedLast.js';
import { gateOf, type Asking } from '../approval/asking.js';
import { inputsFault } from '../approval/inputs.js';
import { inPlaceOf, standsFor, type GivenPlace } from '../approval/standIns.js';
import { subjectMismatch } from '../approval/canApprove.js';
import { firstAskedAt, isUsedUp } from '../approval/usedUp.js';
import { tallyDecisions } from '../approval/tallyDecisions.js';
import type { ApprovalSubject, DecisionStatement } from '../approval/types.js';
import type { Digest, Version } from '../artifact/types.js';
import type { Holder, Identity } from '../identity/types.js';
import { decisionFault, isCountedDecision } from '../ledger/judgeDecision.js';
import type { Authorship, DecisionRecord, LapsedDecision } from '../release/types.js';
import type { EnvironmentSpec, RequiredApproval } from '../spec/types.js';
import { personsOf } from '../identity/person.js';

import { RECOVERED } from './recoverState.js';
import { RETIRED } from './retire.js';

/** An entry of the ledger, as far as authority needs it. */
interface Entry {
  readonly seq: number;
  readonly kind: string;
  readonly at: number;
  readonly body: Readonly<Record<string, unknown>>;
}

export type Authority = { readonly kind: 'authorised' } | { readonly kind: 'unauthorised'; readonly reason: string };

const no = (reason: string): Authority => ({ kind: 'unauthorised', reason });

/**
 * The version that an entry says ran here. Only what was deployed whole counts; and what served when an arbiter began
 * from memory, because a target had let it in. A champion that such an arbiter had from anywhere else says nothing new.
 */
const versionThatRan = ({ kind, body }: Pick<Entry, 'kind' | 'body'>): Digest | undefined => {
  const recovered = kind === RECOVERED && body['championFrom'] === 'target';
  const version = kind === 'deployment.deployed' ? body['version'] : recovered ? body['champion'] : undefined;
  return (version as Partial<Version> | undefined)?.artifactDigest;
};

/** Did this artifact run here before? What a rollback or a repair leads to. */
export const ranBefore = (entries: readonly Entry[], artifact: Digest): boolean =>
  entries.some((entry) => versionThatRan(entry) === artifact);

/**
 * What runs here as far as the ledger knows; nothing where it was retired since. An arbiter may say otherwise: it can be
 * started by hand, with any memory.
 *
 * @param before a release: what ran when it was deployed first
 */
export const ranLast = (entries: readonly Pick<Entry, 'kind' | 'body'>[], before?: string): Digest | undefined => {
  const last = until(entries, before).findLast(
    (entry) => entry.kind === RETIRED || versionThatRan(entry) !== undefined,
  );
  return last && versionThatRan(last);
};

/** What ran here, one after the other, also what was retired since; with the parameters of `ranLast`. */
export const allThatRan = (entries: readonly Pick<Entry, 'kind' | 'body'>[], before?: string): readonly Digest[] =>
  until(entries, before)
    .map(versionThatRan)
    .filter((artifact) => artifact !== undefined);

const until = <E extends Pick<Entry, 'kind' | 'body'>>(entries: readonly E[], before?: string): readonly E[] => {
  const came = before === undefined ? -1 : entries.findIndex((entry) => deploys(entry, before));
  return entries.slice(0, came < 0 ? entries.length : came);
};

const deploys = ({ kind, body }: Pick<Entry, 'kind' | 'body'>, releaseId: string): boolean =>
  kind === 'deployment.deployed' && (body['version'] as Partial<Version> | undefined)?.releaseId === releaseId;

/** Had this environment a champion since it was retired last, as far as the ledger knows, or the memory that an arbiter began from? */
export const hadChampion = (entries: readonly Entry[]): boolean =>
  entries
    .slice(entries.findLastIndex(({ kind }) => kind === RETIRED) + 1)
    .some(
      (entry) =>
        versionThatRan(entry) !== undefined || (entry.kind === RECOVERED && entry.body['champion'] !== undefined),
    );

/** Does the artifact's own spec let it enter without asking anybody, or anything? */
export const asksNobody = (environment: EnvironmentSpec | undefined): boolean => environment?.approval.kind === 'none';

export interface ApprovalRecord {
  readonly model: string;
  readonly version: Version;
  readonly environment: string;
  /** Of the artifact's own spec. */
  readonly approval: RequiredApproval;
  readonly policyDigest: Digest;
  /** Name of this installation. */
  readonly audience: string;
  /** The stream of the version's release. */
  readonly entries: readonly Entry[];
  /** What people were asked for; absent: to let it in, which counts once. Whoever reviewed it did so for good. */
  readonly asking?: Asking;
  /** When a passage of this release here was last written down as ended, epoch milliseconds. */
  readonly usedAt?: number;
  /** What was signed, by number of the entry; only where a decision key of this installation signed it. */
  readonly signed: ReadonlyMap<number, DecisionStatement>;
  /** Who exists now: somebody who left since does not count, and deputies are those that the operator names. */
  readonly identities: readonly Pick<Identity, keyof Holder | 'deputies'>[];
  /** Who counts as an author now, from what runs there now: their approvals do not count. */
  readonly authorship: Authorship;
}

/**
 * Did enough people approve exactly this artifact for this environment? Read from what they signed, after it was asked
 * for, under the policy of the artifact's own spec. Decisions on other evidence are void, as they were for the release.
 * That a decision came in time was judged when it arrived, by the engine's clock: the entry may be younger, but not by more
 * than a release waits for its judgement.
 */
export const judgeApproval = (record: ApprovalRecord): Authority => {
  const { entries, version, environment, approval, asking = 'approve', usedAt } = record;
  const gate = gateOf(asking, environment);
  const ofArtifact = entries.filter(({ body }) => body['artifactDigest'] === version.artifactDigest);
  const asked = ofArtifact.filter(({ kind, body }) => kind === 'approval.asked' && body['gate'] === gate);
  const last = askedLast(entries, gate);
  if (last === undefined || last.body['artifactDigest'] !== version.artifactDigest)
    return no(`${version.releaseId} never asked for its approval in ${environment}`);
  const tallies = asked.map((one) => tallyDecisions(approval, decisionsOn(one, record)));
  // A rejection ends a release, whenever it came; approvals of what was asked before are void.
  const rejected = tallies.find(({ kind }) => kind === 'rejected');
  if (rejected !== undefined) return no(rejected.reason);
  if (asking === 'approve' && isUsedUp(last, entries, usedAt))
    return no(
      `what was approved of ${version.releaseId} in ${environment} is used: since it asked, it has ended or was there`,
    );
  const tally = tallyDecisions(approval, decisionsOn(last, record));
  if (tally.kind === 'approved') return { kind: 'authorised' };
  return no(`${tally.reason} for ${environment} are signed in ${version.releaseId}`);
};

const CLOCK_SKEW_MS = 60_000;

const decisionsOn = (asked: Entry, record: ApprovalRecord): readonly DecisionRecord[] => {
  const { version, model, environment, policyDigest, audience, entries, signed } = record;
  const subject: ApprovalSubject = {
    ...(asked.body as unknown as ApprovalSubject),
    // Not what the entry says, but what is to be deployed.
    workflowId: version.releaseId,
    model,
    env: environment,
    gate: gateOf(record.asking ?? 'approve', environment),
    artifactDigest: version.artifactDigest,
    policyDigest,
  };
  const firstAsked = firstAskedAt(asked, entries);
  const decided: DecisionRecord[] = [];
  const person = personsOf(record.identities);
  for (const entry of entries) {
    const claims = signed.get(entry.seq);
    if (entry.seq <= asked.seq || !isCountedDecision(entry) || claims === undefined) continue;
    if (
      decisionFault(version.releaseId, entry, claims) !== undefined ||
      subjectMismatch(claims, subject, audience) !== undefined ||
      inputsFault(claims.decision, record.approval.inputs, claims.inputs) !== undefined ||
      !(claims.iat * 1000 <= entry.at + CLOCK_SKEW_MS) ||
      judgedTooLate(claims, entry.at) ||
      // Written down twice it was still said once, and what the same person said in between stands.
      entries.some(({ seq }) => seq < entry.seq && signed.get(seq)?.jti === claims.jti)
    )
      continue;
    const entitled = entitlement(entry, claims, record, firstAsked, placesHandedOver(decided));
    const { at } = entry;
    const { jti, sub, decision, reason, to } = claims;
    // What counts is what was signed, and what is known of who signed it now; not what the entry says besides.
    decided.push({
      ...{ at, jti, subject: sub, decision, reason, counted: true },
      ...(to === undefined ? {} : { to }),
      // What does not count any more stays in line: what the same person said before was taken back by it.
      ...(entitled ?? { person: person(sub) }),
      ...(entitled === undefined || hasLapsed(entry, claims, entries) ? { lapsed: lapsedAt(at) } : {}),
    });
  }
  return decided;
};

const lapsedAt = (at: number): LapsedDecision => ({
  at,
  code: 'authority_lapsed',
  reason: 'may not decide so any more',
});

/**
 * Did the release find that who let it in had lost their authority? Then that word is void for good, also where they have
 * it again: they were told, and asked to decide anew. A word against it is not: whoever reaches the engine can have an
 * entry written that says so of somebody, and takes nothing out of the way of a version by that.
 */
const hasLapsed = ({ seq }: Entry, { jti, decision }: DecisionStatement, entries: readonly Entry[]): boolean =>
  (decision === 'approve' || decision === 'delegate') &&
  entries.some((later) => later.seq > seq && later.kind === 'decision.lapsed' && later.body['jti'] === jti);

/**
 * Who decided, and with which roles: by one of their own; by one that was called because nobody decided; or in the place of
 * somebody who handed it to them, or whose deputy they are. The times of slipway.yaml are business time, which is never shorter than what has passed
 * by the clock. Undefined: it does not count.
 */
const entitlement = (
  { at, body }: Entry,
  { sub, roles: claimed, decision }: DecisionStatement,
  { approval, identities, model, environment, authorship }: ApprovalRecord,
  asked: number,
  handed: readonly GivenPlace[],
): Pick<DecisionRecord, 'person' | 'inPlaceOf' | 'signedBy' | 'roles'> | undefined => {
  const { escalateDecides, escalateTo = [], escalateAfterMs = Infinity, delegateAfterMs = Infinity } = approval;
  const passed = at - asked + CLOCK_SKEW_MS;
  const place = { model, environment };
  const subject = { model, env: environment };
  const person = personsOf(identities);
  const roles = decidingRoles(approval);
  const own = [...roles, ...(escalateDecides === true && passed >= escalateAfterMs ? escalateTo : [])];
  if (claimed.some((role) => own.includes(role))) {
    const standing = authorityOf(sub, decision, { subject, identities, policyRoles: own, authorship });
    if (standing.ok) return { person: person(sub), roles: standing.roles };
    // A rejection stops, also that of somebody who left.
    if (decision === 'reject') return { person: person(sub), roles: [] };
  }
  // Entries from before a place had a field of its own name it as the person.
  const of = identities.find(({ name }) => name === (body['inPlaceOf'] ?? body['person']));
  // An objection stays, however the place was lost, as a word of who signed it: it stands in the way of what others say, and
  // takes nothing back that was said in that place.
  const without = staysInPlace(decision, body['inPlaceOf']) ? { person: person(sub), roles: [] } : undefined;
  if (of === undefined || decision === 'delegate') return without;
  const given = [
    ...handed.filter((one) => one.of === of.name),
    ...(passed < delegateAfterMs ? [] : [{ of: of.name, to: of.deputies ?? [] }]),
  ];
  const excluded = handsOf(authorship);
  if (standsFor({ identities, roles, place, given, excluded }, sub) === undefined) return without;
  // Whoever stands in must be somebody who could decide with those roles: a person, who was not revoked.
  const placed = inPlaceOf(identities, sub, of, place);
  const standing = authorityOf(sub, decision, { subject, identities: placed, policyRoles: roles, authorship });
  return standing.ok
    ? { person: person(of.name), inPlaceOf: of.name, signedBy: person(sub), roles: standing.roles }
    : without;
};
