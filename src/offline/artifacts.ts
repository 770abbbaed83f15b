import { stat } from 'node:fs/promises';
import { openArtifactFolder, writeArtifactFolder } from '../adapters/folder/artifact.js';
import { ANSWER_WITHIN_MS, createMinioBlobStore } from '../adapters/minio/blobStore.js';
import type { Credentials } from '../adapters/oci/exchange.js';
import type { Pushed } from '../adapters/oci/push.js';
import { openRegistry } from '../adapters/oci/registry.js';
import { parseReference, type RegistryReference } from '../domain/artifact/registryReference.js';
import type { ArtifactVerification } from '../domain/artifact/verification.js';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import type { ArtifactSummary, ShelvedArtifact } from '../ports/artifactShelf.js';
import { collectGarbage, type Collected } from './collectGarbage.js';
import { importModel, type ImportOptions } from './importModel.js';
import { trustedKeys } from './ledger.js';
import type { StoreAccess } from './storeAccess.js';
import { verifyModelSignature } from './modelSignature.js';
import { createStoredArtifacts } from './storedArtifacts.js';
import { verifyArtifact } from './verifyArtifact.js';

/** What `slipway artifact` does without an API: on the store, or on folders. */
export interface OfflineArtifacts {
  list(model?: string): Promise<readonly ArtifactSummary[]>;
  open(named: string): Promise<ShelvedArtifact>;
  verify(artifact: ShelvedArtifact, keysFile?: string): Promise<ArtifactVerification>;
  verifySignature(folder: string, signatureFile: string, keyFile: string): Promise<ArtifactVerification>;
  /** From a registry, the store or a folder into a new folder. */
  pull(from: string, folder: string, options: TransferOptions): Promise<ShelvedArtifact>;
  push(artifact: ShelvedArtifact, to: string, options: TransferOptions): Promise<Pushed>;
  /** Makes an artifact, in a new folder, of a model that was trained elsewhere. */
  importModel(source: string, folder: string, options: ImportOptions): Promise<ShelvedArtifact>;
  collectGarbage(options: { readonly dryRun: boolean; readonly graceMs: number }): Promise<Collected>;
}

export interface TransferOptions {
  readonly plainHttp: boolean;
}

export const openOfflineArtifacts = (
  home: string,
  access: () => StoreAccess,
  credentials?: Credentials,
): OfflineArtifacts => {
  const registry = (reference: RegistryReference, { plainHttp }: TransferOptions) =>
    openRegistry(reference, { plainHttp, ...(credentials === undefined ? {} : { credentials }) });
  const open = async (named: string): Promise<ShelvedArtifact> =>
    (await isFolder(named)) ? openArtifactFolder(named) : shelf().open(named);
  const shelf = () => createStoredArtifacts(createMinioBlobStore({ ...access(), answerWithinMs: ANSWER_WITHIN_MS }));
  return {
    list: (model) => shelf().list(model),
    open,
    verify: async (artifact, keysFile) => verifyArtifact(artifact, (await trustedKeys(keysFile, home)).keys),
    verifySignature: verifyModelSignature,
    pull: async (from, folder, options) => {
      const reference = (await isFolder(from)) ? undefined : parseReference(from);
      const artifact = reference === undefined ? await open(from) : await registry(reference, options).open();
      await writeArtifactFolder(artifact, folder);
      return openArtifactFolder(folder);
    },
    importModel: async (source, folder, options) => {
      const { createOnnxInferenceRunner } = await import('../adapters/onnx/inferenceRunner.js');
      await importModel(source, folder, options, createOnnxInferenceRunner());
      return openArtifactFolder(folder);
    },
    collectGarbage: (options) => {
      const stored = access();
      const store = createMinioBlobStore(stored);
      const ledger = createMinioBlobStore({ ...stored, bucket: stored.ledgerBucket });
      return collectGarbage(store, ledger, store.inventory, { ...options, now: Date.now() });
    },
    push: async (artifact, to, options) => {
      const reference = parseReference(to);
      if (reference === undefined)
        throw new SlipwayError(
          'usage',
          `${to} is no reference of a registry, such as registry.example.com/models/name:tag`,
        );
      return registry(reference, options).push(artifact);
    },
  };
};

const isFolder = async (named: string): Promise<boolean> =>
  (await stat(named).catch(() => undefined))?.isDirectory() === true;
