import { statSync } from 'node:fs';
import { readOperatorFile } from './operator.js';
import type { OperatorFile } from './schema.js';

type Identities = OperatorFile['identities'];

const cache = new Map<string, { readonly version: string; readonly identities: Identities }>();

/**
 * Identities as the operator's file has them now: a role that was taken away is gone at the next question. Asked with
 * every request, so that the file is read again only when it is another one.
 */
export const readIdentities = (configFile: string): Identities => {
  const version = versionOf(configFile);
  const known = cache.get(configFile);
  if (known !== undefined && known.version === version) return known.identities;
  const { identities } = readOperatorFile(configFile);
  cache.set(configFile, { version, identities });
  return identities;
};

const versionOf = (file: string): string => {
  const found = statSync(file, { throwIfNoEntry: false });
  return found === undefined ? 'none' : `${found.ino}.${found.size}.${found.mtimeMs}.${found.ctimeMs}`;
};
