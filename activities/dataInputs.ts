import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { dataOf } from '../src/domain/build/describeSteps.js';
import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import type { DataInput, StepSpec } from '../src/domain/spec/types.js';
import { digestFile } from './fileDigests.js';
import type { Ports } from './ports.js';
import { placeFor } from './stepOutputs.js';

/**
 * Puts the data that a step declares where it finds it. Once fetched it is in the store under its digest, so that a
 * release can be told again when the address has something else, or nothing.
 */
export const placeData = async (
  ports: Ports,
  directory: string,
  scratch: string,
  step: StepSpec,
  signal: AbortSignal,
): Promise<void> => {
  for (const input of dataOf(step)) {
    const file = await placeFor(directory, input.path);
    await mkdir(dirname(file), { recursive: true });
    if ((await ports.store.hasBlob(input.digest)) === undefined) await fetchIntoStore(ports, scratch, input, signal);
    await ports.store.getBlobToFile(input.digest, file);
  }
};

const fetchIntoStore = async (
  ports: Ports,
  scratch: string,
  { uri, digest, path }: DataInput,
  signal: AbortSignal,
): Promise<void> => {
  const fetched = join(scratch, `fetched-${randomUUID()}`);
  try {
    await ports.data.fetch(uri, fetched, signal);
    // What is there instead is not told, not even its digest: the address may be none of the author's business.
    if ((await digestFile(fetched)) !== digest) {
      const message = `${uri} is not what slipway.yaml asks for, ${digest}`;
      throw new SlipwayError('data_changed', message, { uri, path, expected: digest });
    }
    await ports.store.putBlob({ path: fetched });
  } finally {
    await rm(fetched, { force: true });
  }
};
