import { createHash } from 'node:crypto';
import { copyFile, lstat, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { canonicalJson } from '../domain/canonical.js';
import { layerPath } from '../domain/artifact/layerPath.js';
import { buildManifest, LAYERS, MEDIA_TYPES, type LayerFile } from '../domain/artifact/manifest.js';
import { chooseFlavour } from '../domain/artifact/mlflow.js';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import type { InferenceRunner } from '../ports/inferenceRunner.js';

export interface ImportOptions {
  readonly name: string;
  readonly licence?: string;
}

/**
 * Makes an artifact of a model that was trained elsewhere, in a folder as `pull` makes them. Nothing attests where it
 * comes from, so it can be looked at and pushed, and is never deployed: a release is what makes versions that are.
 */
export const importModel = async (
  source: string,
  folder: string,
  options: ImportOptions,
  inference: Pick<InferenceRunner, 'describe'>,
): Promise<void> => {
  const { file, origin } = await findModel(source);
  // Loaded in a process of its own: what is no ONNX, or keeps weights in other files, ends here.
  const { inputs, outputs } = await inference.describe(file);
  await mkdir(join(folder, 'slipway'), { recursive: true });
  if ((await readdir(folder)).length > 1) throw new SlipwayError('usage', `${folder} is not empty: name a new folder`);
  const { name, licence } = options;
  const about = encode({ ...origin, inputs, outputs, ...(licence === undefined ? {} : { licence }) });
  await copyFile(file, join(folder, LAYERS.model));
  await writeFile(join(folder, LAYERS.imported), about);
  const model = await readFile(file);
  const layers: readonly LayerFile[] = [
    { path: LAYERS.model, mediaType: MEDIA_TYPES.weight, ...blob(model) },
    { path: LAYERS.imported, mediaType: MEDIA_TYPES.doc, ...blob(about) },
  ];
  const config = encode({
    descriptor: { name, ...(licence === undefined ? {} : { licenses: [licence] }) },
    config: { format: 'onnx' },
    modelfs: { type: 'layers', diffIds: layers.map(({ digest }) => digest) },
  });
  await writeFile(join(folder, 'config.json'), config);
  const manifest = buildManifest(blob(config), layers, { 'org.opencontainers.image.title': name });
  await writeFile(join(folder, 'manifest.json'), encode(manifest));
};

interface Found {
  readonly file: string;
  readonly origin: Readonly<Record<string, unknown>>;
}

const findModel = async (source: string): Promise<Found> => {
  const info = await lstat(source).catch((cause: unknown) => {
    throw new SlipwayError('not_found', `${source} is not there`, {}, { cause });
  });
  if (info.isFile()) return { file: source, origin: { kind: 'onnx' } };
  if (!info.isDirectory()) throw new SlipwayError('artifact_refused', `${source} is a link, or no file`);
  const text = await readFile(join(source, 'MLmodel'), 'utf8').catch((cause: unknown) => {
    throw new SlipwayError('artifact_refused', `${source} is no MLflow model: it has no file MLmodel`, {}, { cause });
  });
  const chosen = chooseFlavour(parse(text, { maxAliasCount: 0 }));
  if (!chosen.ok) throw new SlipwayError('artifact_refused', `${source}: ${chosen.reason}`);
  const path = layerPath(chosen.data);
  if (path === undefined)
    throw new SlipwayError('artifact_refused', `${source}: its data ${JSON.stringify(chosen.data)} leads elsewhere`);
  const file = join(source, ...path.split('/'));
  const found = await lstat(file).catch(() => undefined);
  if (found?.isFile() !== true) throw new SlipwayError('artifact_refused', `${file} is not there, or no file`);
  return { file, origin: { kind: 'mlflow', ...(chosen.run === undefined ? {} : { run: chosen.run }) } };
};

const encode = (value: unknown): Uint8Array => new TextEncoder().encode(canonicalJson(value));

const blob = (bytes: Uint8Array) => ({
  digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}` as const,
  size: bytes.length,
});
