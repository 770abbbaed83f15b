import type { ReleaseView } from '../release/types.js';
import { ROLES_OF_ANSWER, type BakeAnswer } from './bakeAnswer.js';

/**
 * Whom a provisional release asks what becomes of it, in words, and how they answer.
 *
 * @param instant how a time is written
 */
export const sayAsked = (
  { bakeAsked, releaseId }: Pick<ReleaseView, 'bakeAsked' | 'releaseId'>,
  instant: (at: number) => string,
):
  | { readonly what: string; readonly ways: readonly { readonly command: string; readonly does: string }[] }
  | undefined => {
  if (bakeAsked === undefined) return undefined;
  const { environment, owners, since, until, reminders } = bakeAsked;
  const release = releaseId.replace(/^release\//, '');
  const way = (kind: BakeAnswer, does: string) => ({
    command: `slipway release ${kind} ${release}`,
    does: `${does} (${ROLES_OF_ANSWER[kind].join(' or ')})`,
  });
  return {
    what: `asks ${owners.join(', ') || 'its owners'} since ${instant(since)} what becomes of it in ${environment} (${reminders} reminders); without an answer by ${instant(until)} it stays provisional`,
    ways: [way('confirm', 'keeps it'), way('revert', 'puts back what ran before')],
  };
};
