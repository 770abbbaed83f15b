import {
  commentsFolder,
  MAX_COMMENTS,
  SAID_AT_ONCE,
  saidIn,
  saidSince,
  type CommentSaid,
} from '../src/domain/release/comment.js';
import { readDocument, releaseKey } from './documents.js';
import { inParallel } from './inParallel.js';
import type { Ports } from './ports.js';

const AT_ONCE = 10;

export interface LookForCommentsInput {
  readonly releaseId: string;
  /** The comment that was heard of last; absent: none. */
  readonly after?: string;
}

/**
 * What was said of a release since, by the store: a message that there is something new proves nothing. The first of it, where
 * it is much.
 */
export const createLookForComments =
  ({ store }: Pick<Ports, 'store'>) =>
  async ({ releaseId, after }: LookForCommentsInput): Promise<readonly CommentSaid[]> => {
    const folder = commentsFolder(releaseKey(releaseId));
    const ids = (await store.listDocuments(folder)).map((key) => key.slice(folder.length).replace(/\.json$/, ''));
    const found = saidSince(ids, after).slice(0, MAX_COMMENTS);
    const said = await inParallel(found, AT_ONCE, async (id) =>
      saidIn(id, await readDocument<unknown>(store, `${folder}${id}.json`)),
    );
    return said.filter((one) => one !== undefined).slice(0, SAID_AT_ONCE);
  };
