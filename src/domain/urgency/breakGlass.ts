import { askingOf, gateOf } from '../approval/asking.js';
import type { ApprovalSubject, DecisionStatement } from '../approval/types.js';
import type { Version } from '../artifact/types.js';
import { mayBypass } from '../hold/mayBypass.js';
import type { Place } from '../hold/types.js';
import { personsOf } from '../identity/person.js';
import type { Holder } from '../identity/types.js';
import type { Authorship, ReleaseView, StageName } from '../release/types.js';

/** Kinds of entries in a release's stream: one person's word, and that two of them stood. */
export const GLASS_SIGNED = 'breakglass.signed';
export const GLASS_OPENED = 'breakglass.opened';
/** So many different people must agree. */
export const GLASS_PERSONS = 2;
/** Kind of the incident that comes with it. */
export const GLASS_INCIDENT = 'breakglass';

export const glassGate = (environment: string): string => `breakglass.${environment}`;

interface Entry {
  readonly seq: number;
  readonly kind: string;
  readonly at: number;
  readonly body: Readonly<Record<string, unknown>>;
}

const BOUND = ['epoch', 'artifactDigest', 'evidenceDigest', 'policyDigest', 'planDigest', 'inputsDigest'] as const;
/** What both people sign. */
export type GlassSubject = Pick<ApprovalSubject, (typeof BOUND)[number]>;

/** What was asked last about this artifact here; where nobody has to be asked, the artifact alone. */
export const glassSubject = (
  entries: readonly Entry[],
  environment: string,
  artifactDigest: Version['artifactDigest'],
): GlassSubject => {
  const asked = entries.findLast(
    ({ kind, body }) =>
      kind === 'approval.asked' &&
      body['env'] === environment &&
      body['gate'] === gateOf('approve', environment) &&
      body['artifactDigest'] === artifactDigest,
  );
  if (asked !== undefined) return asked.body as unknown as GlassSubject;
  return {
    epoch: 0,
    artifactDigest,
    evidenceDigest: artifactDigest,
    policyDigest: artifactDigest,
    planDigest: artifactDigest,
    inputsDigest: artifactDigest,
  };
};

/** Where a release waits for people or for time; undefined where it does not. A review is no such wait. */
export const whereItWaits = ({
  waiting,
  held,
  stages,
  outcome,
}: Pick<ReleaseView, 'waiting' | 'held' | 'stages' | 'outcome'>):
  { readonly environment: string; readonly stage: Extract<StageName, 'approve' | 'deploy' | 'soak'> } | undefined => {
  if (outcome !== undefined) return undefined;
  if (waiting !== undefined)
    return askingOf(waiting.subject.gate) === 'approve'
      ? { environment: waiting.environment, stage: 'approve' }
      : undefined;
  if (held !== undefined) return { environment: held.environment, stage: 'deploy' };
  const soaks = stages.find(({ name, status }) => name === 'soak' && (status === 'running' || status === 'waiting'));
  return soaks?.environment === undefined ? undefined : { environment: soaks.environment, stage: 'soak' };
};

export interface GlassWord {
  readonly claims: Omit<DecisionStatement, 'decision'> & { readonly decision: string };
  /** When it was written down, and where in the release's stream. */
  readonly at: number;
  readonly seq: number;
}

export interface GlassCase {
  readonly words: readonly GlassWord[];
  /** The release's stream. */
  readonly entries: readonly Entry[];
  readonly place: Place;
  readonly version: Version;
  readonly audience: string;
  /** That the operator names; none: there is no break-glass. */
  readonly roles: readonly string[];
  readonly identities: readonly Holder[];
  readonly authorship: Authorship;
  /** When a passage of this release here was last written down as ended, epoch milliseconds. */
  readonly usedAt?: number;
}

export type Glass =
  | { readonly kind: 'agreed'; readonly words: readonly GlassWord[]; readonly opened: boolean }
  | { readonly kind: 'shut'; readonly reason: string };

/** Do two different people stand for it now, and was that written down, and an incident opened, since? */
export const judgeBreakGlass = (given: GlassCase): Glass => {
  const { roles, words, identities, entries, place } = given;
  if (roles.length === 0) return shut('the operator names no roles for break-glass');
  const person = personsOf(identities);
  const standing: GlassWord[] = [];
  const faults: string[] = [];
  for (const word of words) {
    const fault = wordFault(given, word);
    if (fault !== undefined) faults.push(`${word.claims.sub}: ${fault}`);
    else if (!standing.some(({ claims }) => person(claims.sub) === person(word.claims.sub))) standing.push(word);
  }
  const agreed = standing.slice(0, GLASS_PERSONS);
  if (agreed.length < GLASS_PERSONS) return shut([sayMissing(agreed, roles), ...faults].join('; '));
  const last = Math.max(...agreed.map(({ seq }) => seq));
  const opened = entries.some(
    ({ kind, seq, body }) => kind === GLASS_OPENED && seq > last && body['environment'] === place.environment,
  );
  return { kind: 'agreed', words: agreed, opened };
};

/** So that who may sign as the second knows of the first. */
const sayMissing = (agreed: readonly GlassWord[], roles: readonly string[]): string => {
  const who = agreed.map(({ claims }) => claims.sub).join(' and ');
  return `${agreed.length} of ${GLASS_PERSONS} people stand for it${
    who === '' ? '' : `: ${who} has signed, one more person of ${roles.join(', ')} may sign`
  }`;
};

const shut = (reason: string): Glass => ({ kind: 'shut', reason });

const CLOCK_SKEW_MS = 60_000;

const wordFault = (given: GlassCase, { claims, at, seq }: GlassWord): string | undefined => {
  const { place, version, entries, identities, roles, authorship, usedAt } = given;
  const subject = glassSubject(entries, place.environment, version.artifactDigest);
  const expected: readonly (readonly [string, unknown, unknown])[] = [
    ['installation', claims.aud, given.audience],
    ['decision', claims.decision, 'override'],
    ['release', claims.workflowId, version.releaseId],
    ['model', claims.model, place.model],
    ['environment', claims.env, place.environment],
    ['gate', claims.gate, glassGate(place.environment)],
    ...BOUND.map((name) => [name, claims[name], subject[name]] as const),
  ];
  const wrong = expected.filter(([, said, is]) => said !== is);
  if (wrong.length > 0) return `it is about another ${wrong.map(([name]) => name).join(', ')}`;
  if (claims.reason.trim() === '') return 'it has no reason';
  if (at > claims.exp * 1000 + CLOCK_SKEW_MS) return 'it came too late';
  const standing = mayBypass({ name: claims.sub, asked: roles, place, identities, authorship });
  if (!standing.ok) return standing.reason;
  if (entries.some((entry) => entry.kind === 'release.ended' && entry.seq > seq)) return 'the release has ended since';
  return usedAt !== undefined && usedAt >= at ? 'it was used: a passage of this release has ended since' : undefined;
};
