import { billOfMaterials, npmPackages, pythonPackages } from '../src/domain/artifact/cyclonedx.js';
import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import { readWritten } from './writtenFile.js';

const MAX_BYTES = 64 * 1024 * 1024;

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
  shown: (text: string) => string,
): Promise<Readonly<Record<string, unknown>>> => {
  const packages = [];
  for (const { file, read } of LOCK_FILES) {
    const found = await readWritten(directory, file, MAX_BYTES);
    if ('text' in found) packages.push(...read(shown(found.text)));
    else if (!found.missing) {
      throw new SlipwayError('output_missing', `${file} ${found.problem}: it cannot be said what the build ran with`, {
        path: file,
      });
    }
  }
  return billOfMaterials(model, commit, { node: process.version }, packages);
};
