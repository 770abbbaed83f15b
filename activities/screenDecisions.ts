import { createHash } from 'node:crypto';
import { subjectMismatch } from '../src/domain/approval/canApprove.js';
import type { ApprovalSubject } from '../src/domain/approval/types.js';
import { isCountedDecision } from '../src/domain/ledger/judgeDecision.js';
import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import { assertOwnStream } from './assertOwnStream.js';
import { digestOf } from '../src/contract/canonicalDigest.js';
import { readChain } from './onRecord.js';
import type { Ports } from './ports.js';

export interface ScreenDecisionsInput {
  readonly statements: readonly string[];
  /** What the release waits with. */
  readonly subject: ApprovalSubject;
}

/** In the order of the statements: a refusal, or the ID of a decision that is worth being judged by itself. */
export type ScreenedDecision = { readonly jti: string } | { readonly refusal: string; readonly refusalReason: string };

/**
 * Looks through many messages at once, so that a storm of them costs one step and not one each: what nobody here signed,
 * what is about something else, and what counted before, is refused. Nothing counts by this. What was refused goes to the ledger as one entry.
 */
export const createScreenDecisions =
  (ports: Ports) =>
  async ({ statements, subject }: ScreenDecisionsInput): Promise<readonly ScreenedDecision[]> => {
    assertOwnStream(subject.workflowId);
    const screened: ScreenedDecision[] = [];
    const counted = (await readChain(ports, subject.workflowId)).filter(isCountedDecision);
    const used = new Set(counted.map(({ body }) => body['jti']));
    for (const statement of statements) screened.push(notUsed(await screen(ports, statement, subject), used));
    const refused = statements.flatMap((statement, at) => {
      const one = screened[at];
      return one === undefined || !('refusal' in one)
        ? []
        : [{ refusal: one.refusal, sha256: createHash('sha256').update(statement).digest('hex') }];
    });
    if (refused.length > 0) {
      const body = { environment: subject.env, evidenceDigest: subject.evidenceDigest, refused };
      const entryId = `refused/${digestOf(body).slice(7)}`;
      await ports.ledger.append(subject.workflowId, entryId, 'decisions.refused', Date.now(), body);
    }
    return screened;
  };

const notUsed = (one: ScreenedDecision, used: ReadonlySet<unknown>): ScreenedDecision =>
  'jti' in one && used.has(one.jti)
    ? { refusal: 'statement_used', refusalReason: 'the same decision came more than once' }
    : one;

const screen = async (ports: Ports, statement: string, subject: ApprovalSubject): Promise<ScreenedDecision> => {
  try {
    const claims = await ports.decisions.verify(statement);
    const mismatch = subjectMismatch(claims, subject, ports.settings.installation);
    return mismatch === undefined
      ? { jti: claims.jti }
      : { refusal: 'statement_mismatch', refusalReason: mismatch.slice(0, 300) };
  } catch (error) {
    if (!(error instanceof SlipwayError) || error.retryable) throw error;
    return { refusal: error.code, refusalReason: error.message.slice(0, 300) };
  }
};
