import { readFile, writeFile } from 'node:fs/promises';
import type { Lineage, PackagedSignature } from '../src/domain/artifact/contents.js';
import { removeZipMap } from '../src/domain/artifact/removeZipMap.js';
import type { BlobRef, TensorSpec } from '../src/domain/artifact/types.js';
import { isServable } from '../src/domain/inference/onnxTypes.js';
import { usualInputs } from '../src/domain/inference/featureColumns.js';
import type { SignatureSpec } from '../src/domain/spec/types.js';
import type { ModelDescription } from '../src/ports/inferenceRunner.js';
import type { Ports } from './ports.js';

/** A model as it is packaged. */
export interface ServableModel {
  readonly file: BlobRef;
  readonly tensors: ModelDescription;
  readonly edited: Lineage['edited'];
}

/** The built model where all of its outputs are tensors; else the same without ZipMap, also in the file at `path`. */
export const servableModel = async (ports: Ports, built: BlobRef, path: string): Promise<ServableModel> => {
  const tensors = await ports.inference.describe(path);
  const asBuilt = { file: built, tensors, edited: undefined };
  if (tensors.outputs.every(isServable)) return asBuilt;
  const { file, outputs } = removeZipMap(await readFile(path));
  if (outputs.length === 0) return asBuilt;
  await writeFile(path, file);
  return {
    file: await ports.store.putBlob(file),
    tensors: await ports.inference.describe(path),
    edited: { from: built.digest, zipMapRemoved: outputs },
  };
};

/** With the model's inputs where nobody could guess them from the features. */
export const packagedSignature = (signature: SignatureSpec, inputs: readonly TensorSpec[]): PackagedSignature => {
  const usual = usualInputs(signature.features);
  const same = ({ name, datatype }: TensorSpec): boolean =>
    usual.some((input) => input.name === name && input.datatype === datatype);
  return inputs.every(same) ? signature : { ...signature, inputs };
};
