import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { extname, join } from 'node:path';
import {
  buildManifest,
  buildModelConfig,
  LAYERS,
  MEDIA_TYPES,
  type LayerFile,
} from '../src/domain/artifact/manifest.js';
import type { DeclaredData, FrozenReference, Lineage, SmokeChunk } from '../src/domain/artifact/contents.js';
import { attestationKey } from '../src/domain/artifact/attestationKeys.js';
import { checkSignature } from '../src/domain/artifact/checkSignature.js';
import type { BlobRef, Digest } from '../src/domain/artifact/types.js';
import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import { dataOf } from '../src/domain/build/describeSteps.js';
import { freezeReference } from '../src/domain/drift/freezeReference.js';
import { cellNumber } from '../src/domain/table/cell.js';
import { binaryMetrics } from '../src/domain/statistics/binaryMetrics.js';
import { MOST_LEVELS, nestsTooDeep } from '../src/domain/jsonDepth.js';
import type { ParamValue, Spec, StepSpec } from '../src/domain/spec/types.js';
import type { DsseEnvelope } from '../src/ports/signer.js';
import type { BuildOutcome, BuiltFile } from './buildModel.js';
import { encodeJson, getJson, putJson } from './documents.js';
import { whileHeartbeating } from './heartbeat.js';
import { packagedSignature, servableModel, type ServableModel } from './servableModel.js';
import { builtOfRelease, specOfRelease } from './ofRelease.js';
import { assertOfRelease } from './assertOfRelease.js';
import type { Ports } from './ports.js';
import { recordStage } from './recordStage.js';

export interface PackageArtifactInput {
  readonly releaseId: string;
  readonly model: string;
  readonly repository: string;
  readonly commit: string;
  readonly params: Readonly<Record<string, ParamValue>>;
  readonly specDigest: Digest;
  /** Only its evidence is read: what it names is taken from the record. */
  readonly built: BuildOutcome;
}

export interface PackagedArtifact {
  readonly artifactDigest: Digest;
  readonly evidence: Digest;
}

const SMOKE_ROWS = 500;

/**
 * Package and store: looks at the model in a process apart, refuses what is no ONNX or has another signature than
 * declared, freezes the references that drift is measured against, and stores an OCI manifest in ModelPack media
 * types with its provenance signed. The same build gives the same digest.
 */
export const createPackageArtifact =
  (ports: Ports) =>
  (told: PackageArtifactInput): Promise<PackagedArtifact> =>
    whileHeartbeating(async (signal) => {
      assertOfRelease(ports, told);
      // The signer attests what is packaged, so neither spec nor files are believed that this release has no record of.
      const spec = await specOfRelease(ports, told, told.specDigest);
      const input = { ...told, built: await builtOfRelease(ports, told, told.built.evidence) };
      const directory = join(ports.settings.workDirectory, randomUUID());
      await mkdir(directory, { recursive: true });
      try {
        return await assemble(ports, input, spec, directory, signal);
      } finally {
        await rm(directory, { recursive: true, force: true, maxRetries: 3 });
      }
    });

const assemble = async (
  ports: Ports,
  input: PackageArtifactInput,
  spec: Spec,
  directory: string,
  signal: AbortSignal,
): Promise<PackagedArtifact> => {
  const local = async (file: BuiltFile, name: string): Promise<string> => {
    const path = join(directory, name);
    await ports.store.getBlobToFile(file.digest, path);
    return path;
  };
  const model = await local(input.built.model, LAYERS.model);
  const served = await servableModel(ports, input.built.model, model);
  const mismatches = checkSignature(spec.signature, served.tensors);
  if (mismatches.length > 0) throw new SlipwayError('signature_mismatch', mismatches.join('\n'), { mismatches });

  const evaluation = tableName('evaluation', input.built.evaluation);
  const reference = tableName('reference', input.built.reference);
  const frozen = await freeze(
    ports,
    spec,
    model,
    await local(input.built.evaluation, evaluation),
    await local(input.built.reference, reference),
    signal,
  );
  const lineage = await describeLineage(ports, input, spec, served);
  const doc = async (path: string, value: unknown): Promise<LayerFile> => ({
    path,
    mediaType: MEDIA_TYPES.doc,
    ...(await ports.store.putBlob(encodeJson(value))),
  });
  const files: LayerFile[] = [
    layer(LAYERS.model, MEDIA_TYPES.weight, served.file),
    layer(evaluation, MEDIA_TYPES.dataset, input.built.evaluation),
    layer(reference, MEDIA_TYPES.dataset, input.built.reference),
    await doc(LAYERS.signature, packagedSignature(spec.signature, served.tensors.inputs)),
    await doc(LAYERS.reference, frozen.reference),
    await doc(LAYERS.smoke, frozen.smoke),
    await doc(LAYERS.lineage, lineage),
    await doc(LAYERS.spec, spec),
    ...(input.built.packages === undefined ? [] : [layer(LAYERS.environment, MEDIA_TYPES.doc, input.built.packages)]),
    ...(spec.artifact.card === undefined ? [] : [await doc(LAYERS.card, spec.artifact.card)]),
  ];
  return store(ports, input, spec, files, lineage, frozen.reference);
};

const layer = (path: string, mediaType: string, { digest, size }: BlobRef): LayerFile => ({
  path,
  mediaType,
  digest,
  size,
});

const tableName = (role: string, file: BuiltFile): string => `${role}${extname(file.path)}`;

const freeze = async (
  ports: Ports,
  spec: Spec,
  model: string,
  evaluation: string,
  reference: string,
  signal: AbortSignal,
): Promise<{ readonly reference: FrozenReference; readonly smoke: SmokeChunk }> => {
  const { features, prediction, label, eventTime } = spec.signature;
  const names = features.map((feature) => feature.name);
  const training = await ports.tables.read(reference, names, { signal });
  const heldOut = await ports.tables.read(evaluation, [...names, label, eventTime], { signal });
  const predicted = await ports.inference.predict(model, features, prediction, heldOut);
  const labels = (heldOut[label] ?? []).map(cellNumber);
  const smokeColumns = Object.fromEntries(names.map((name) => [name, (heldOut[name] ?? []).slice(0, SMOKE_ROWS)]));
  return {
    reference: freezeReference(features, training, predicted, binaryMetrics(predicted, labels)),
    smoke: { columns: smokeColumns, expected: predicted.slice(0, SMOKE_ROWS) },
  };
};

const describeLineage = async (
  ports: Ports,
  input: PackageArtifactInput,
  spec: Spec,
  { edited }: ServableModel,
): Promise<Lineage> => {
  const build = await getJson<{ environment: Record<string, string>; params: Record<string, ParamValue> }>(
    ports.store,
    input.built.evidence,
  );
  const declared = declaredData(spec.build.steps);
  const reported = input.built.report === undefined ? undefined : await readReport(ports, input.built.report);
  return {
    model: input.model,
    repository: input.repository,
    commit: input.commit,
    specDigest: input.specDigest,
    params: build.params,
    data: { evaluation: input.built.evaluation.digest, reference: input.built.reference.digest },
    ...(declared.length === 0 ? {} : { declared }),
    environment: build.environment,
    ...(input.built.packages === undefined ? {} : { packages: input.built.packages.digest }),
    build: input.built.evidence,
    ...(spec.artifact.licence === undefined ? {} : { licence: spec.artifact.licence }),
    ...(edited === undefined ? {} : { edited }),
    ...(reported === undefined ? {} : { reported }),
  };
};

/** Data from elsewhere that the steps declare, once each; what was put there had this digest, or there was no build. */
const declaredData = (steps: readonly StepSpec[]): readonly DeclaredData[] => {
  const all = steps.flatMap(dataOf).map(({ path, uri, digest }) => ({ path, uri, digest }));
  const once = new Map(all.map((one) => [`${one.path}\n${one.uri}\n${one.digest}`, one]));
  return [...once].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
};

/** A report that is no JSON is shown as such; it decides nothing. */
const readReport = async (ports: Ports, file: BuiltFile): Promise<unknown> => {
  try {
    const report = await getJson<unknown>(ports.store, file.digest);
    return nestsTooDeep(report) ? { unreadable: `nests deeper than ${MOST_LEVELS} levels` } : report;
  } catch (error) {
    return { unreadable: error instanceof Error ? error.message : String(error) };
  }
};

const store = async (
  ports: Ports,
  input: PackageArtifactInput,
  spec: Spec,
  files: readonly LayerFile[],
  lineage: Lineage,
  reference: FrozenReference,
): Promise<PackagedArtifact> => {
  const { at } = await ports.source.describe(input.repository, input.commit);
  const createdAt = new Date(at).toISOString();
  const about = { name: input.model, commit: input.commit, createdAt, description: spec.description };
  const config = await ports.store.putBlob(
    encodeJson(
      buildModelConfig(
        { ...about, ...(spec.artifact.licence === undefined ? {} : { licence: spec.artifact.licence }) },
        files,
      ),
    ),
  );
  const manifest = encodeJson(
    buildManifest(config, files, {
      'org.opencontainers.image.title': input.model,
      'org.opencontainers.image.revision': input.commit,
      'org.opencontainers.image.created': createdAt,
    }),
  );
  const { digest } = await ports.store.putBlob(manifest);
  ports.failpoint('packageArtifact.stored');
  const envelope = await ports.signer.attest({
    model: input.model,
    releaseId: input.releaseId,
    artifactDigest: digest,
  });
  const attested = (name: string, signed: DsseEnvelope): Promise<void> =>
    ports.store.putDocument(
      attestationKey(input.model, digest, input.releaseId, name),
      encodeJson(signed),
      'application/json',
    );
  await attested('provenance', envelope);
  ports.failpoint('packageArtifact.attested');
  await attested('model', await ports.signer.signModel(input.model, digest));
  const name = `models/${input.model}/manifests/${digest.slice('sha256:'.length)}.json`;
  await ports.store.putDocument(name, manifest, MEDIA_TYPES.manifest);
  const evidence = await putJson(ports.store, {
    kind: 'package',
    artifactDigest: digest,
    layers: Object.fromEntries(files.map((file) => [file.path, file.digest])),
    metrics: reference.metrics,
    rows: reference.rows,
    lineage,
    provenanceKeys: envelope.signatures.map((signature) => signature.keyid),
  });
  await recordStage(ports, {
    releaseId: input.releaseId,
    stage: 'package',
    verdict: 'pass',
    reason: `stored as ${digest}`,
    evidence,
    artifactDigest: digest,
  });
  return { artifactDigest: digest, evidence };
};
