import type { ApprovalSubject } from './types.js';

interface Entry {
  readonly kind: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** What people were asked for last at a gate, as the stream of its release has it: what was asked before is void. */
export const askedLast = <E extends Entry>(entries: readonly E[], gate: string): E | undefined =>
  entries.findLast(({ kind, body }) => kind === 'approval.asked' && body['gate'] === gate);

/** What such an entry asked about. */
export const subjectAsked = ({ body }: Entry): Partial<ApprovalSubject> => body as Partial<ApprovalSubject>;
