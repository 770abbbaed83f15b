import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { dataOf } from '../src/domain/build/describeSteps.js';
import { fetchedKey } from '../src/domain/build/keys.js';
import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import type { DataInput, StepSpec } from '../src/domain/spec/types.js';
import { digestOf } from '../src/contract/canonicalDigest.js';
import { encodeJson } from './documents.js';
import { digestFile } from './fileDigests.js';
import type { GuardedFolder } from './guardedFolder.js';
import type { Ports } from './ports.js';

/** As much of the ports as data needs. */
type DataPorts = Pick<Ports, 'store' | 'data'> & { readonly settings: Pick<Ports['settings'], 'workDirectory'> };

/**
 * Puts the data that a step declares where it finds it. Once fetched it is in the store under its digest, so that a
 * release can be told again when the address has something else, or nothing. It comes from there only where this address
 * gave it once, and may still be asked: who knows a digest has no right to what it names.
 */
export const placeData = async (
  ports: DataPorts,
  files: GuardedFolder,
  step: StepSpec,
  signal: AbortSignal,
): Promise<void> => {
  for (const input of dataOf(step)) {
    await ports.data.check(input.uri);
    if (!(await wasFetched(ports.store, input))) await fetchIntoStore(ports, input, signal);
    await files.place(input.path, (file) => ports.store.getBlobToFile(input.digest, file));
  }
};

const fetched = ({ uri, digest }: DataInput): string => fetchedKey(digestOf({ uri, digest }));

const wasFetched = async (store: Ports['store'], input: DataInput): Promise<boolean> =>
  (await store.getDocument(fetched(input))) !== undefined && (await store.hasBlob(input.digest)) !== undefined;

const fetchIntoStore = async (ports: DataPorts, input: DataInput, signal: AbortSignal): Promise<void> => {
  const { uri, digest, path } = input;
  // Where no command sees it: what is hashed here must be what is stored.
  const file = join(ports.settings.workDirectory, `fetched-${randomUUID()}`);
  try {
    await ports.data.fetch(uri, file, signal);
    // What is there instead is not told, not even its digest: the address may be none of the author's business.
    if ((await digestFile(file)) !== digest) {
      const message = `${uri} is not what slipway.yaml asks for, ${digest}`;
      throw new SlipwayError('data_changed', message, { uri, path, expected: digest });
    }
    await ports.store.putBlob({ path: file });
    await ports.store.putDocument(fetched(input), encodeJson({ uri, digest }), 'application/json');
  } finally {
    await rm(file, { force: true });
  }
};
