import type { Comment } from '../../domain/release/comment.js';
import type { ReleaseView } from '../../domain/release/types.js';
import { latestComments } from '../comments.js';
import type { ServerPorts } from '../ports.js';

/** Comments that one event of a release tells; all of them are listed under an address of their own. */
export const COMMENTS_TOLD = 20;

export interface Said {
  of(view: ReleaseView): Promise<readonly Comment[]>;
  forget(releases: readonly string[]): void;
}

/** What people say of releases that are followed: read again where the workflow has heard of another comment. */
export const createSaid = (ports: Pick<ServerPorts, 'store'>): Said => {
  const known = new Map<string, { readonly last: string; readonly comments: readonly Comment[] }>();
  return {
    of: async ({ releaseId, lastComment }) => {
      if (lastComment === undefined) return [];
      const before = known.get(releaseId);
      if (before?.last === lastComment) return before.comments;
      const [, model = '', release = ''] = releaseId.split('/');
      const comments = await latestComments(ports, { model, release }, COMMENTS_TOLD);
      known.set(releaseId, { last: lastComment, comments });
      return comments;
    },
    forget: (releases) => {
      for (const name of releases) known.delete(name);
    },
  };
};
