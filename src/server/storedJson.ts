import type { Digest } from '../domain/artifact/types.js';
import { orAbsent } from './known.js';
import type { ServerPorts } from './ports.js';

/** What a digest names, checked while it is read; undefined where the store does not have it. */
export const storedJson = async <T>({ store }: Pick<ServerPorts, 'store'>, digest: Digest): Promise<T | undefined> => {
  const body = await orAbsent(store.getBlob(digest));
  return body === undefined ? undefined : (JSON.parse(new TextDecoder().decode(body)) as T);
};
