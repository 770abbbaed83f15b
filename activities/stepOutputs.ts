import { chmod, mkdir, readdir, realpath, rm, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import type { StoredFile } from '../src/domain/build/types.js';
import type { BlobStore } from '../src/ports/blobStore.js';
import { inParallel } from './inParallel.js';
import type { Workspace } from './workspace.js';
import { findWritten } from './writtenFile.js';

const MAX_FILES = 10_000;
const AT_ONCE = 8;

/** Puts what a step says it writes into the store. `output_missing` where it did not, or where it leads elsewhere. */
export const storeOutputs = async (
  store: BlobStore,
  { directory, shown }: Pick<Workspace, 'directory' | 'shown'>,
  step: string,
  outputs: readonly string[],
): Promise<readonly StoredFile[]> => {
  const root = await realpath(directory);
  const paths: string[] = [];
  for (const output of outputs) paths.push(...(await filesOf(root, step, output, shown)));
  if (paths.length > MAX_FILES)
    throw new SlipwayError('output_missing', `${step} wrote more than ${MAX_FILES} files; make an archive of them`);
  // Names of files are told to everybody, and cannot be changed: they are where the file is put back.
  if (shown(paths).some((path, index) => path !== paths[index]))
    throw new SlipwayError('output_missing', `${step} wrote a file whose name holds a secret`, { step });
  return inParallel(paths.sort(), AT_ONCE, async (path) => {
    const file = join(root, path);
    const executable = ((await stat(file)).mode & 0o100) !== 0;
    return { path, ...(await store.putBlob({ path: file })), ...(executable ? { executable } : {}) };
  });
};

/** Takes away what lies where a step is going to write, so that nothing old is taken for its output. */
export const clearOutputs = async (directory: string, outputs: readonly string[]): Promise<void> => {
  for (const output of outputs) await rm(await placeFor(directory, output), { recursive: true, force: true });
};

/** Brings outputs of an earlier run back; every byte is checked against its digest on the way. */
export const restoreOutputs = async (
  store: BlobStore,
  directory: string,
  files: readonly StoredFile[],
): Promise<void> => {
  await inParallel(files, AT_ONCE, async ({ path, digest, executable }) => {
    const file = await placeFor(directory, path);
    await mkdir(dirname(file), { recursive: true });
    await store.getBlobToFile(digest, file);
    if (executable === true) await chmod(file, 0o755);
  });
};

/** The file of a path below the checkout; refuses what a link leads out of it. */
export const placeFor = async (directory: string, path: string): Promise<string> => {
  const root = await realpath(directory);
  const file = resolve(root, path);
  let folder = dirname(file);
  let real: string | undefined;
  while (real === undefined) {
    real = await realpath(folder).catch(() => undefined);
    if (real === undefined) folder = dirname(folder);
  }
  if (!isBelow(root, file) || (real !== root && !isBelow(root, real)))
    throw new SlipwayError('output_missing', `${path} leads out of the checkout`, { path });
  return file;
};

const filesOf = async (
  root: string,
  step: string,
  output: string,
  shown: (name: string) => string,
): Promise<readonly string[]> => {
  const real = await realpath(join(root, output)).catch(() => undefined);
  if (real === undefined)
    throw new SlipwayError('output_missing', `${step} did not write ${output}`, { step, path: output });
  if (!isBelow(root, real))
    throw new SlipwayError('output_missing', `${output} of ${step} leads out of the checkout`, { step, path: output });
  if (!(await stat(real)).isDirectory()) {
    const found = await findWritten(root, output);
    if ('problem' in found)
      throw new SlipwayError('output_missing', `${output} of ${step} ${found.problem}`, { step, path: output });
    return [output];
  }
  const items = await readdir(real, { recursive: true, withFileTypes: true });
  const link = items.find((item) => item.isSymbolicLink());
  if (link !== undefined)
    throw new SlipwayError(
      'output_missing',
      `${output} of ${step} holds a link, ${shown(link.name)}: outputs are files`,
      {
        step,
      },
    );
  const files = items.filter((item) => item.isFile());
  if (files.length === 0) throw new SlipwayError('output_missing', `${step} wrote nothing into ${output}`, { step });
  return files.map((item) => [output, relative(real, join(item.parentPath, item.name)).split(sep).join('/')].join('/'));
};

const isBelow = (root: string, path: string): boolean => path.startsWith(root + sep);
