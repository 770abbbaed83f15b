import { chmod } from 'node:fs/promises';
import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import type { StoredFile } from '../src/domain/build/types.js';
import type { BlobStore } from '../src/ports/blobStore.js';
import { isUnreadable, NO_FILE, type GuardedFolder } from './guardedFolder.js';
import { inParallel } from './inParallel.js';
import type { Workspace } from './workspace.js';
import { holdFile } from './writtenFile.js';

const MAX_FILES = 10_000;
const AT_ONCE = 8;

/** Puts what a step says it writes into the store. `output_missing` where it did not, or where it leads elsewhere. */
export const storeOutputs = async (
  store: BlobStore,
  { files, shown }: Pick<Workspace, 'files' | 'shown'>,
  step: string,
  outputs: readonly string[],
): Promise<readonly StoredFile[]> => {
  const paths: string[] = [];
  for (const output of outputs) paths.push(...(await filesOf(files, step, output, shown)));
  if (paths.length > MAX_FILES)
    throw new SlipwayError('output_missing', `${step} wrote more than ${MAX_FILES} files; make an archive of them`);
  // Names of files are told to everybody, and cannot be changed: they are where the file is put back.
  if (shown(paths).some((path, index) => path !== paths[index]))
    throw new SlipwayError('output_missing', `${step} wrote a file whose name holds a secret`, { step });
  return inParallel(paths.sort(), AT_ONCE, async (path) => {
    const stored = await holdFile(files, path, async ({ file, info }) => {
      const executable = (info.mode & 0o100n) !== 0n;
      return { path, ...(await store.putBlob({ path: file })), ...(executable ? { executable } : {}) };
    });
    if (isUnreadable(stored))
      throw new SlipwayError('output_missing', `${path} of ${step} ${stored.problem}`, { step, path });
    return stored;
  });
};

/** Takes away what lies where a step is going to write, so that nothing old is taken for its output. */
export const clearOutputs = async (files: GuardedFolder, outputs: readonly string[]): Promise<void> => {
  for (const output of outputs) await files.clear(output);
};

/** Brings outputs of an earlier run back; every byte is checked against its digest on the way. */
export const restoreOutputs = async (
  store: BlobStore,
  files: GuardedFolder,
  outputs: readonly StoredFile[],
): Promise<void> => {
  await inParallel(outputs, AT_ONCE, async ({ path, digest, executable }) => {
    await files.place(path, (file) => store.getBlobToFile(digest, file));
    if (executable !== true) return;
    await holdFile(files, path, async ({ file }) => {
      await chmod(file, 0o755);
      return {};
    });
  });
};

const filesOf = async (
  files: GuardedFolder,
  step: string,
  output: string,
  shown: (name: string) => string,
): Promise<readonly string[]> => {
  const about = { step, path: output };
  const found = await files.hold(output, async ({ info }) =>
    info.isDirectory() || info.isFile() ? { single: info.isFile() } : NO_FILE,
  );
  if ('problem' in found) {
    const what = found.missing ? `${step} did not write ${output}` : `${output} of ${step} ${found.problem}`;
    throw new SlipwayError('output_missing', what, about);
  }
  if (found.single) return [output];
  const items = await files.list(output);
  const link = items.find((item) => item.link);
  if (link !== undefined)
    throw new SlipwayError(
      'output_missing',
      `${output} of ${step} holds a link, ${shown(link.path)}: outputs are files`,
      { step },
    );
  if (items.length === 0) throw new SlipwayError('output_missing', `${step} wrote nothing into ${output}`, { step });
  return items.map(({ path }) => `${output}/${path}`);
};
