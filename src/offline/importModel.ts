import { createHash } from 'node:crypto';
import { copyFile, lstat, mkdir, readdir, readFile, realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MAX_YAML_BYTES, readYaml } from '../contract/yaml/readYaml.js';
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
  if (!(await readdir(source)).includes('MLmodel'))
    throw new SlipwayError('artifact_refused', `${source} is no MLflow model: it has no file MLmodel`);
  const described = await fileIn(source, 'MLmodel');
  if ((await lstat(described)).size > MAX_YAML_BYTES)
    throw new SlipwayError('artifact_refused', `${described} is larger than 256 KiB`);
  const { value, problems } = readYaml(await readFile(described, 'utf8'), described);
  const [problem] = problems;
  if (problem !== undefined)
    throw new SlipwayError('artifact_refused', `${described}, line ${problem.line}: ${problem.message}`);
  const chosen = chooseFlavour(value);
  if (!chosen.ok) throw new SlipwayError('artifact_refused', `${source}: ${chosen.reason}`);
  const path = layerPath(chosen.data);
  if (path === undefined)
    throw new SlipwayError('artifact_refused', `${source}: its data ${JSON.stringify(chosen.data)} leads elsewhere`);
  const file = await fileIn(source, path);
  return { file, origin: { kind: 'mlflow', ...(chosen.run === undefined ? {} : { run: chosen.run }) } };
};

/** A file that lies in this very folder: neither it nor a folder on the way is a link, and it has no second name. */
const fileIn = async (source: string, path: string): Promise<string> => {
  const file = join(source, ...path.split('/'));
  const [found, real, root] = await Promise.all([
    lstat(file).catch(() => undefined),
    realpath(file).catch(() => undefined),
    realpath(source),
  ]);
  if (found?.isFile() !== true) throw new SlipwayError('artifact_refused', `${file} is not there, or no file`);
  if (real !== join(root, ...path.split('/')) || found.nlink > 1)
    throw new SlipwayError('artifact_refused', `${file} is a link, or has a second name: it may lie elsewhere`);
  return file;
};

const encode = (value: unknown): Uint8Array => new TextEncoder().encode(canonicalJson(value));

const blob = (bytes: Uint8Array) => ({
  digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}` as const,
  size: bytes.length,
});
