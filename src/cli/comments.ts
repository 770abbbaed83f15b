import type { Comment } from '../domain/release/comment.js';
import type { ApiClient } from './apiClient.js';
import { when } from './output.js';

/** All of them, page by page. */
export const commentsOf = async (api: ApiClient, name: string): Promise<readonly Comment[]> => {
  const all: Comment[] = [];
  let cursor: string | undefined;
  do {
    const from: string = cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const page = await api.get<{ comments?: readonly Comment[]; cursor?: string }>(
      `/api/v1/releases/${name}/comments?limit=100${from}`,
    );
    all.push(...(page.comments ?? []));
    cursor = page.cursor === cursor ? undefined : page.cursor;
  } while (cursor !== undefined);
  return all;
};

export const commentLines = (comments: readonly Comment[] = []): readonly string[] =>
  comments.length === 0 ? [] : ['', 'Said about it:', ...comments.map((comment) => `  ${commentLine(comment)}`)];

export const commentLine = ({ at, by, kind, text }: Comment): string =>
  `${when(at)} ${by}${kind === 'question' ? ' asks' : ''}: ${indented(text)}`;

/** Lines of a comment stand under it: none can pass for another comment, or for a line of ours. */
const indented = (text: string): string => text.replace(/\r\n?|[\n\u2028\u2029]/g, '\n      ');
