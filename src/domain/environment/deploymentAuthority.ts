import { subjectMismatch } from '../approval/canApprove.js';
import { tallyDecisions } from '../approval/tallyDecisions.js';
import type { ApprovalSubject, DecisionStatement } from '../approval/types.js';
import type { Digest, Version } from '../artifact/types.js';
import { decisionFault, isCountedDecision } from '../ledger/judgeDecision.js';
import type { DecisionRecord } from '../release/types.js';
import type { ApprovalSpec, EnvironmentSpec } from '../spec/types.js';
import { RECOVERED } from './recoverState.js';

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

/** What runs here as far as the ledger knows. An arbiter may say otherwise: it can be started by hand, with any memory. */
export const ranLast = (entries: readonly Pick<Entry, 'kind' | 'body'>[]): Digest | undefined =>
  entries.map(versionThatRan).findLast((artifact) => artifact !== undefined);

/** Had this environment ever a champion, as far as the ledger knows, or the memory that an arbiter began from? */
export const hadChampion = (entries: readonly Entry[]): boolean =>
  entries.some(
    (entry) =>
      versionThatRan(entry) !== undefined || (entry.kind === RECOVERED && entry.body['champion'] !== undefined),
  );

/** Does the artifact's own spec let it enter without asking anybody? */
export const asksNobody = (environment: EnvironmentSpec | undefined): boolean =>
  environment?.approval.kind === 'none' || environment?.approval.kind === 'automatic';

export interface ApprovalRecord {
  readonly model: string;
  readonly version: Version;
  readonly environment: string;
  /** Of the artifact's own spec. */
  readonly approval: Extract<ApprovalSpec, { kind: 'required' }>;
  readonly policyDigest: Digest;
  /** Name of this installation. */
  readonly audience: string;
  /** The stream of the version's release. */
  readonly entries: readonly Entry[];
  /** What was signed, by number of the entry; only where a decision key of this installation signed it. */
  readonly signed: ReadonlyMap<number, DecisionStatement>;
}

/**
 * Did enough people approve exactly this artifact for this environment? Read from what they signed, after it was asked
 * for, under the policy of the artifact's own spec. Decisions on other evidence are void, as they were for the release.
 * That a decision came in time was judged when it arrived, by the engine's clock: the entry may be younger.
 */
export const judgeApproval = (record: ApprovalRecord): Authority => {
  const { entries, version, environment, approval } = record;
  const asked = entries.filter(
    ({ kind, body }) =>
      kind === 'approval.asked' && body['env'] === environment && body['artifactDigest'] === version.artifactDigest,
  );
  if (asked.length === 0) return no(`${version.releaseId} never asked for its approval in ${environment}`);
  const tallies = asked.map((one) => tallyDecisions(approval, decisionsOn(one, record)));
  const rejected = tallies.find(({ kind }) => kind === 'rejected');
  if (rejected !== undefined) return no(rejected.reason);
  if (tallies.some(({ kind }) => kind === 'approved')) return { kind: 'authorised' };
  return no(`${tallies.at(-1)?.reason ?? ''} for ${environment} are signed in ${version.releaseId}`);
};

const CLOCK_SKEW_MS = 60_000;

const decisionsOn = (asked: Entry, record: ApprovalRecord): readonly DecisionRecord[] => {
  const { version, model, environment, approval, policyDigest, audience, entries, signed } = record;
  const subject: ApprovalSubject = {
    ...(asked.body as unknown as ApprovalSubject),
    // Not what the entry says, but what is to be deployed.
    workflowId: version.releaseId,
    model,
    env: environment,
    gate: `approve.${environment}`,
    artifactDigest: version.artifactDigest,
    policyDigest,
  };
  return entries
    .filter((entry) => entry.seq > asked.seq && isCountedDecision(entry))
    .filter((entry) => {
      const claims = signed.get(entry.seq);
      return (
        claims !== undefined &&
        decisionFault(version.releaseId, entry, claims) === undefined &&
        subjectMismatch(claims, subject, audience) === undefined &&
        claims.iat * 1000 <= entry.at + CLOCK_SKEW_MS &&
        claims.roles.some((role) => approval.roles.includes(role))
      );
    })
    .map(({ body }) => body as unknown as DecisionRecord);
};
