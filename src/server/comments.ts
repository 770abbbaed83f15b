import { commentsFolder, type Comment } from '../domain/release/comment.js';
import { eachOf } from './known.js';
import type { ServerPorts } from './ports.js';
import type { ReleaseParams } from './releaseState.js';

const WIDTH = 10;

type Store = Pick<ServerPorts, 'store'>;

const folderOf = ({ model, release }: ReleaseParams): string => commentsFolder(`${model}/${release}`);

export const commentKey = (params: ReleaseParams, id: string): string => `${folderOf(params)}${id}.json`;

/** In the order in which they were made. Those who comment at the same moment may go beyond the limit together: that is room enough for them. */
export const commentIds = async ({ store }: Store, params: ReleaseParams): Promise<readonly string[]> => {
  const folder = folderOf(params);
  const keys = await store.listDocuments(folder);
  return keys.map((key) => key.slice(folder.length).replace(/\.json$/, ''));
};

export const readComment = async (
  { store }: Store,
  params: ReleaseParams,
  id: string,
): Promise<Comment | undefined> => {
  const bytes = await store.getDocument(commentKey(params, id));
  return bytes === undefined ? undefined : (JSON.parse(new TextDecoder().decode(bytes)) as Comment);
};

export const readComments = async (
  ports: Store,
  params: ReleaseParams,
  ids: readonly string[],
): Promise<readonly Comment[]> => {
  const read = await eachOf(ids, WIDTH, (id) => readComment(ports, params, id));
  return read.filter((one) => one !== undefined);
};

/** The last of them, as many as one look at a release tells. */
export const latestComments = async (ports: Store, params: ReleaseParams, most: number): Promise<readonly Comment[]> =>
  readComments(ports, params, (await commentIds(ports, params)).slice(-most));
