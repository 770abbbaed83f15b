import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { billOfMaterials, npmPackages, pythonPackages } from '../src/domain/artifact/cyclonedx.js';

const LOCK_FILES = [
  { file: 'package-lock.json', read: npmPackages },
  { file: 'requirements.lock', read: pythonPackages },
  { file: 'requirements.txt', read: pythonPackages },
] as const;

/** What the steps of a build ran with, from the lock files of its checkout. */
export const describeEnvironment = async (
  directory: string,
  model: string,
  commit: string,
): Promise<Readonly<Record<string, unknown>>> => {
  const packages = [];
  for (const { file, read } of LOCK_FILES) {
    const text = await readFile(join(directory, file), 'utf8').catch(() => undefined);
    if (text !== undefined) packages.push(...read(text));
  }
  return billOfMaterials(model, commit, { node: process.version }, packages);
};
