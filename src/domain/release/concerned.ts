import { decidingRoles } from '../approval/approvalRule.js';
import type { ReleaseView } from './types.js';

/** Who hears that somebody said something of a release: authors of a question, else those who decide on it now. Never who said it. */
export const concernedBy = (
  { kind, by }: { readonly kind: 'comment' | 'question'; readonly by: string },
  { authorship, trigger, waiting }: Pick<ReleaseView, 'authorship' | 'trigger' | 'waiting'>,
): readonly string[] => {
  const authors = authorship === undefined || authorship.authors.length === 0 ? [trigger.by] : authorship.authors;
  const told = kind === 'question' ? authors : waiting === undefined ? [] : decidingRoles(waiting);
  return told.filter((name) => name !== by);
};
