import type { Statement } from './statements.js';
import type { Digest } from './types.js';

export type StatementVerdict =
  { readonly ok: true; readonly statement: Statement } | { readonly ok: false; readonly reason: string };

/**
 * Is this the statement that was asked for: an in-toto statement of the wanted kind, about exactly this digest? A
 * valid signature over another artifact proves nothing about this one.
 *
 * @param payload parsed payload of an envelope whose signature is valid
 */
export const judgeStatement = (payload: unknown, predicateType: string, subject: Digest): StatementVerdict => {
  const statement = payload as Partial<Statement> | null;
  if (typeof statement !== 'object' || statement?._type !== 'https://in-toto.io/Statement/v1') {
    return { ok: false, reason: 'it holds no in-toto statement' };
  }
  if (statement.predicateType !== predicateType) {
    return { ok: false, reason: `it states ${String(statement.predicateType)}, expected ${predicateType}` };
  }
  const subjects: readonly unknown[] = Array.isArray(statement.subject) ? statement.subject : [];
  const digests = subjects.map((entry) => (entry as { digest?: { sha256?: unknown } } | null)?.digest?.sha256);
  if (digests.length !== 1 || `sha256:${String(digests[0])}` !== subject) {
    return { ok: false, reason: `it is about ${digests.map(String).join(', ') || 'nothing'}, not about ${subject}` };
  }
  return { ok: true, statement: statement as Statement };
};
