import { createHash } from 'node:crypto';
import { activityInfo } from '@temporalio/activity';
import { askingOf } from '../src/domain/approval/asking.js';
import { canApprove } from '../src/domain/approval/canApprove.js';
import type { InputQuestions } from '../src/domain/approval/inputs.js';
import { lapsedAuthority, type LostAuthority } from '../src/domain/approval/lapsedAuthority.js';
import type { ApprovalSubject, DecisionStatement } from '../src/domain/approval/types.js';
import { voicesOn } from '../src/domain/approval/voices.js';
import { canonicalJson } from '../src/domain/canonical.js';
import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import { isCountedDecision } from '../src/domain/ledger/judgeDecision.js';
import { personsOf } from '../src/domain/identity/person.js';
import type { Authorship, DecisionRecord } from '../src/domain/release/types.js';
import { assertOwnStream } from './assertOwnStream.js';
import { digestOf } from '../src/contract/canonicalDigest.js';
import { encodeJson } from './documents.js';
import { environmentState } from './environmentState.js';
import { readChain } from './onRecord.js';
import type { Ports } from './ports.js';
import { authorsHere } from './releaseAuthors.js';

export interface VerifyDecisionInput {
  readonly statement: string;
  /** Name of the signal that may have brought it. */
  readonly signal: string;
  /** When the workflow received it, epoch milliseconds. Histories that began before it was told do not say. */
  readonly arrivedAt?: number;
  /** When the wait for people ends, epoch milliseconds; nobody decides from then on. */
  readonly expireAt?: number;
  readonly subject: ApprovalSubject;
  readonly roles: readonly string[];
  /** What an approval must answer; absent where nothing is asked. */
  readonly questions?: InputQuestions;
  /** People who did not answer for so long that their deputies may decide; absent where nobody is. */
  readonly silent?: readonly string[];
  /** Roles that may decide because nobody did. */
  readonly escalatedTo?: readonly string[];
  /** Of the release when its checks ran; who triggered it counts, its authors are counted anew. */
  readonly authorship: Authorship;
  /** As the evidence that is shown names them; absent in histories that began before it was told. */
  readonly shown?: Authorship;
  readonly earlier: readonly DecisionRecord[];
  /** The arbiter whose epoch the evidence was shown at. */
  readonly environmentWorkflowId: string;
}

export interface JudgedDecision {
  readonly record: DecisionRecord;
  /** The environment moved on since the evidence was put together: it must be shown anew. */
  readonly evidenceChanged: boolean;
  /** Earlier decisions whose authority is gone; absent where there are none. */
  readonly lapsed?: readonly LostAuthority[];
  /** The ledger alone keeps what counted from counting again: nobody else has to remember it. Absent in older histories. */
  readonly onRecord?: true;
}

const UNKNOWN = { jti: 'unknown', subject: 'unknown', decision: 'unknown', reason: '' };

/**
 * Judges one decision: signature, exactly this evidence, who may decide now, and its single use, which is taken
 * by writing `decisions/<jti>` before it counts. A refusal is an answer, not a failure: it is recorded, too.
 */
export const createVerifyDecision =
  (ports: Ports) =>
  async (input: VerifyDecisionInput): Promise<JudgedDecision> => {
    assertOwnStream(input.subject.workflowId);
    const judged = await countedOnce(ports, input, await judge(ports, input));
    await recordDecision(ports, input, judged.record);
    for (const lost of judged.lapsed ?? []) await recordLapse(ports, input, lost);
    return { ...judged, onRecord: true };
  };

const judge = async (ports: Ports, input: VerifyDecisionInput): Promise<JudgedDecision> => {
  const at = Date.now();
  const arbiter = await environmentState(ports, input.environmentWorkflowId);
  const epoch = arbiter?.epoch ?? 0;
  const moved = epoch !== input.subject.epoch;
  let claims: DecisionStatement;
  try {
    claims = await ports.decisions.verify(input.statement);
  } catch (error) {
    if (!(error instanceof SlipwayError) || error.retryable) throw error;
    return {
      record: { ...UNKNOWN, at, counted: false, refusal: error.code, refusalReason: error.message },
      evidenceChanged: moved,
    };
  }
  const { subject } = input;
  const known = await ports.directory.identities();
  const authorship = await authorsNow(ports, input);
  const evidenceChanged =
    moved || (input.shown !== undefined && canonicalJson(input.shown) !== canonicalJson(authorship));
  const voices = voicesOn({
    ...{ subject, identities: known, roles: input.roles, earlier: input.earlier, authorship },
    ...(input.escalatedTo === undefined ? {} : { escalatedTo: input.escalatedTo }),
    ...(input.silent === undefined ? {} : { silent: input.silent }),
  });
  const absent = voices.absentFor(claims.sub);
  const record = {
    ...{ at, jti: claims.jti, subject: claims.sub, decision: claims.decision, reason: claims.reason },
    ...(claims.to === undefined ? {} : { to: claims.to }),
    ...(absent === undefined ? {} : placeOf(known, absent.name, claims.sub)),
  };
  // Who stood in earlier is asked again, too: for the place that is theirs now.
  const authority = voices.authority([
    claims.sub,
    ...input.earlier.flatMap((one) => (one.counted ? [one.subject] : [])),
  ]);
  const lost = lapsedAuthority(input.earlier, authority);
  const lapsed = lost.length === 0 ? {} : { lapsed: lost };
  const verdict = canApprove({
    ...authority,
    subject,
    claims,
    ...(input.expireAt === undefined ? {} : { waitsUntil: input.expireAt }),
    ...(input.questions === undefined ? {} : { questions: input.questions }),
    audience: ports.settings.installation,
    ...(absent === undefined ? {} : { inPlaceOf: absent.name }),
    earlier: withLapses(input.earlier, lost, at),
    now: await deliveredAt(ports, input, claims, at),
    judgedAt: at,
  });
  if (!verdict.ok)
    return {
      record: { ...record, counted: false, refusal: verdict.code, refusalReason: verdict.reason },
      evidenceChanged,
      ...lapsed,
    };
  if (evidenceChanged) {
    const refusalReason = moved
      ? `${subject.env} went from epoch ${subject.epoch} to ${epoch} since the evidence was shown`
      : 'who counts as an author has changed since the evidence was shown';
    return {
      record: { ...record, counted: false, refusal: 'statement_mismatch', refusalReason },
      evidenceChanged,
      ...lapsed,
    };
  }
  const taken = await takeOnce(ports, claims);
  const person = personsOf(authority.identities)(claims.sub);
  return {
    record: taken
      ? {
          ...record,
          counted: true,
          roles: verdict.roles,
          ...(claims.inputs === undefined ? {} : { inputs: claims.inputs }),
          ...(absent !== undefined || person === claims.sub ? {} : { person }),
        }
      : { ...record, counted: false, refusal: 'statement_used' },
    evidenceChanged,
    ...lapsed,
  };
};

const placeOf = (identities: Parameters<typeof personsOf>[0], name: string, signer: string) => {
  const person = personsOf(identities);
  return { person: person(name), inPlaceOf: name, signedBy: person(signer) };
};

/** They stay in line: taken out, what the same person said before as another identity would stand again. */
const withLapses = (earlier: readonly DecisionRecord[], lost: readonly LostAuthority[], at: number) =>
  earlier.map((one): DecisionRecord => {
    const reason = lost.find(({ jti }) => jti === one.jti)?.reason;
    return reason === undefined ? one : { ...one, lapsed: { at, code: 'authority_lapsed', reason } };
  });

/**
 * Authors are counted anew from what runs there now: what the release knew of them when its checks ran may be from
 * before the environment, or who an address belongs to, was changed.
 */
const authorsNow = (ports: Ports, { subject, authorship }: VerifyDecisionInput): Promise<Authorship> => {
  const { model, env: environment, workflowId: releaseId } = subject;
  // A review is about what a hotfix brought, which runs there already.
  const before = askingOf(subject.gate) === 'review' ? releaseId : undefined;
  return authorsHere(ports, { model, environment }, { releaseId, trigger: authorship.trigger }, before);
};

/**
 * A run may take the single use again, and its workflow says with which roles it is judged, and remembers what was said last
 * alone: what the stream has as counted already counts again only as that same entry, and as long as nothing counted and
 * nobody was asked since, which is a retry.
 */
const countedOnce = async (
  ports: Ports,
  input: VerifyDecisionInput,
  judged: JudgedDecision,
): Promise<JudgedDecision> => {
  const { record } = judged;
  if (!record.counted) return judged;
  const { entryId } = entryOf(input, record);
  const said = (await readChain(ports, input.subject.workflowId)).filter(
    (entry) => isCountedDecision(entry) || entry.kind === 'approval.asked',
  );
  const isUsed = said.some(({ body }) => body['jti'] === record.jti);
  return !isUsed || said.at(-1)?.entryId === entryId
    ? judged
    : { ...judged, record: { ...record, counted: false, refusal: 'statement_used' } };
};

/** Every decision that arrived goes to the ledger with what it was judged to be, also what nobody signed. */
const recordDecision = async (ports: Ports, input: VerifyDecisionInput, record: DecisionRecord): Promise<void> => {
  const { entryId, body } = entryOf(input, record);
  await ports.ledger.append(input.subject.workflowId, entryId, 'decision', record.at, body);
};

const entryOf = ({ statement, subject }: VerifyDecisionInput, record: DecisionRecord) => {
  const name = record.jti === UNKNOWN.jti ? createHash('sha256').update(statement).digest('hex') : record.jti;
  const { at: _, ...judged } = record;
  const body = {
    ...judged,
    environment: subject.env,
    artifactDigest: subject.artifactDigest,
    evidenceDigest: subject.evidenceDigest,
    // What was signed can be verified again, by anybody who has the key.
    ...(record.counted ? { statement } : {}),
  };
  // An attempt more may find otherwise who may decide: both were found.
  return { entryId: `decision/${name}/${record.refusal ?? 'counted'}/${digestOf(body).slice(7, 19)}`, body };
};

const recordLapse = async (ports: Ports, { subject }: VerifyDecisionInput, lost: LostAuthority): Promise<void> => {
  const { env: environment, evidenceDigest, workflowId } = subject;
  const body = { ...lost, code: 'authority_lapsed', environment, evidenceDigest };
  const entryId = `lapsed/${lost.jti}/${digestOf(body)}`;
  await ports.ledger.append(workflowId, entryId, 'decision.lapsed', Date.now(), body);
};

/**
 * A statement counts by when it was delivered, not by when a worker came to judge it: neither one that the engine took
 * while no worker ran is late, nor one whose judgement waited for a store that was gone.
 */
const deliveredAt = async (
  ports: Ports,
  { statement, signal, subject, arrivedAt, expireAt = Infinity }: VerifyDecisionInput,
  claims: DecisionStatement,
  now: number,
): Promise<number> => {
  const received = arrivedAt ?? now;
  if (received < Math.min(claims.exp * 1000, expireAt)) return received;
  return (await ports.workflows.signalledAt(subject.workflowId, signal, { statement })) ?? received;
};

/** The same run of the same workflow may take it again (a retry); another, or a reset one, may not. */
const takeOnce = async (ports: Ports, claims: DecisionStatement): Promise<boolean> => {
  const { workflowExecution } = activityInfo();
  const use = {
    jti: claims.jti,
    workflowId: workflowExecution?.workflowId ?? '',
    runId: workflowExecution?.runId ?? '',
  };
  try {
    ports.failpoint('verifyDecision.judged');
    await ports.store.createDocument(`decisions/${claims.jti}`, encodeJson(use));
    ports.failpoint('verifyDecision.taken');
    return true;
  } catch (error) {
    if (error instanceof SlipwayError && error.code === 'precondition_failed') return false;
    throw error;
  }
};
