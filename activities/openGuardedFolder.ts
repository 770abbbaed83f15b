import { existsSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { createCheckedFolder } from './checkedFolder.js';
import type { GuardedFolder } from './guardedFolder.js';
import { createHeldFolder } from './heldFolder.js';

const DESCRIPTORS = '/proc/self/fd';

/** @param directory must be what its name says now; a command that runs later may put something else under the name */
export const openGuardedFolder = async (
  directory: string,
  holding = process.platform === 'linux' && existsSync(DESCRIPTORS),
): Promise<GuardedFolder> => {
  const root = await realpath(directory);
  return holding ? createHeldFolder(root, DESCRIPTORS) : createCheckedFolder(root);
};
