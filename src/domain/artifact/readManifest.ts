import { SlipwayError } from '../errors/slipwayError.js';
import { layerPath } from './layerPath.js';
import { FILEPATH, MEDIA_TYPES, type Descriptor, type Manifest } from './manifest.js';

export type ReadManifest =
  { readonly ok: true; readonly manifest: Manifest } | { readonly ok: false; readonly reason: string };

/** Is this parsed JSON the manifest of a model, with one plain path per layer? Whoever wrote it may be anybody. */
export const readManifest = (value: unknown): ReadManifest => {
  const { artifactType, config, layers, annotations } = (value ?? {}) as Partial<Record<keyof Manifest, unknown>>;
  if (artifactType !== MEDIA_TYPES.artifact)
    return refused(`its type is ${String(artifactType)}, no ModelPack artifact`);
  if (!isDescriptor(config) || !Array.isArray(layers) || !layers.every(isDescriptor))
    return refused('its layers are no descriptors with sha256 digests');
  if (!isTexts(annotations ?? {})) return refused('its annotations are no texts by name');
  const paths = (layers as readonly Descriptor[]).map((layer) => layer.annotations?.[FILEPATH]);
  const odd = paths.findIndex((path) => layerPath(path) === undefined);
  if (odd >= 0) return refused(`layer ${odd + 1} has the path ${JSON.stringify(paths[odd])}`);
  const names = new Set(paths);
  if (names.size !== paths.length) return refused('two layers have the same path');
  const folder = [...names].find((path) => foldersOf(path ?? '').some((above) => names.has(above)));
  if (folder !== undefined) return refused(`the path ${folder} leads through the file of another layer`);
  return {
    ok: true,
    manifest: { ...(value as Manifest), annotations: (annotations ?? {}) as Manifest['annotations'] },
  };
};

/**
 * The manifest in this parsed JSON.
 *
 * @param where it was found, for people
 * @throws SlipwayError `artifact_refused` where it is none
 */
export const acceptManifest = (value: unknown, where: string): Manifest => {
  const read = readManifest(value);
  if (!read.ok) throw new SlipwayError('artifact_refused', `${where} is no manifest of a model: ${read.reason}`);
  return read.manifest;
};

const refused = (reason: string): ReadManifest => ({ ok: false, reason });

/** `a/b/c` lies in `a` and in `a/b`. */
const foldersOf = (path: string): readonly string[] =>
  path
    .split('/')
    .slice(0, -1)
    .map((_, index, names) => names.slice(0, index + 1).join('/'));

const isTexts = (value: unknown): value is Readonly<Record<string, string>> =>
  typeof value === 'object' && value !== null && Object.values(value).every((text) => typeof text === 'string');

export const isDescriptor = (value: unknown): value is Descriptor => {
  const { mediaType, digest, size, annotations = {} } = (value ?? {}) as Partial<Record<keyof Descriptor, unknown>>;
  return (
    typeof mediaType === 'string' &&
    typeof digest === 'string' &&
    /^sha256:[0-9a-f]{64}$/.test(digest) &&
    typeof size === 'number' &&
    Number.isSafeInteger(size) &&
    size >= 0 &&
    isTexts(annotations)
  );
};
