import { tomlPackages } from '../src/contract/lock/tomlPackages.js';
import { billOfMaterials } from '../src/domain/artifact/cyclonedx.js';
import { npmPackages, pythonPackages } from '../src/domain/artifact/lockedPackages.js';
import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import type { Ports } from './ports.js';
import type { Workspace } from './workspace.js';
import { readWritten } from './writtenFile.js';

const MAX_BYTES = 16 * 1024 * 1024;

const LOCK_FILES = [
  { file: 'package-lock.json', read: npmPackages },
  { file: 'requirements.lock', read: pythonPackages },
  { file: 'requirements.txt', read: pythonPackages },
  { file: 'pylock.toml', read: tomlPackages },
  { file: 'uv.lock', read: tomlPackages },
  { file: 'poetry.lock', read: tomlPackages },
] as const;

export interface BuildEnvironment {
  /** Versions of what ran the steps. */
  readonly runtimes: Readonly<Record<string, string>>;
  /** CycloneDX list of these and of the packages. */
  readonly list: Readonly<Record<string, unknown>>;
}

/** What the steps of a build ran with, from the lock files of its checkout. */
export const describeEnvironment = async (
  ports: Pick<Ports, 'python'>,
  { files, spec, shown }: Pick<Workspace, 'files' | 'spec' | 'shown'>,
  model: string,
  commit: string,
): Promise<BuildEnvironment> => {
  const lock = spec.install?.python;
  const python = lock === undefined ? undefined : await ports.python.version();
  const packages = [];
  const named = lock === undefined ? [] : [{ file: lock, read: pythonPackages }];
  for (const { file, read } of [...LOCK_FILES.filter((one) => one.file !== lock), ...named]) {
    const found = await readWritten(files, file, MAX_BYTES);
    if ('text' in found) packages.push(...read(shown(found.text)));
    else if (!found.missing) {
      throw new SlipwayError('output_missing', `${file} ${found.problem}: it cannot be said what the build ran with`, {
        path: file,
      });
    }
  }
  const runtimes = { node: process.version, ...(python === undefined ? {} : { python }) };
  return { runtimes, list: billOfMaterials(model, commit, runtimes, packages) };
};
