import { createHash } from 'node:crypto';
import { lstat, mkdir } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { SlipwayError } from '../domain/errors/slipwayError.js';

/** Files of one installation on this machine, all below one folder. */
export interface HomeFiles {
  readonly directory: string;
  readonly config: string;
  readonly devFile: string;
  readonly lock: string;
  readonly tokens: string;
  readonly credentials: string;
  readonly logs: string;
  readonly temporalDb: string;
  readonly objects: string;
  readonly ports: string;
  readonly storeKeys: string;
  /** Unix sockets. */
  readonly sockets: string;
}

/** The path of a Unix socket may have about a hundred characters; this is the room for its name. */
const SOCKET_FOLDER_LENGTH = 68;

export const homeFiles = (directory: string): HomeFiles => ({
  directory,
  config: join(directory, 'slipway.config.yaml'),
  devFile: join(directory, 'dev.json'),
  lock: join(directory, 'dev.lock'),
  tokens: join(directory, 'tokens.json'),
  credentials: join(directory, 'credentials'),
  logs: join(directory, 'logs'),
  temporalDb: join(directory, 'temporal.sqlite'),
  objects: join(directory, 'objects'),
  ports: join(directory, 'ports.json'),
  storeKeys: join(directory, 'keys', 'store.json'),
  sockets: socketFolder(directory),
});

const socketFolder = (directory: string): string => {
  const inside = join(directory, 'run');
  if (inside.length <= SOCKET_FOLDER_LENGTH) return inside;
  const digest = createHash('sha256').update(directory).digest('hex').slice(0, 16);
  return join(tmpdir(), `slipway-${userInfo().uid}-${digest}`);
};

/** Makes the folders, each for the owner alone; a folder in the shared temporary one must be ours already, or new. */
export const prepareHome = async (files: HomeFiles): Promise<void> => {
  for (const folder of [files.directory, files.sockets, files.objects, files.credentials, files.logs]) {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  }
  const { uid } = userInfo();
  const found = await lstat(files.sockets);
  if (!found.isDirectory() || (uid >= 0 && found.uid !== uid)) {
    throw new SlipwayError('config_invalid', `${files.sockets} belongs to somebody else: choose another --home`);
  }
};
