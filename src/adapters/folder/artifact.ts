import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, lstat, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isEnvelope } from '../../domain/artifact/dsse.js';
import { FILEPATH, type Descriptor } from '../../domain/artifact/manifest.js';
import { toBundle } from '../../domain/artifact/modelSignature.js';
import { acceptManifest } from '../../domain/artifact/readManifest.js';
import type { Digest } from '../../domain/artifact/types.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import type { ShelvedArtifact } from '../../ports/artifactShelf.js';
import type { DsseEnvelope } from '../../ports/signer.js';

const MANIFEST = 'manifest.json';
const CONFIG = 'config.json';
const ATTESTATIONS = 'attestations';
const SIGNATURE = 'model.sig';
/** What the folder itself puts there, beside the layers. */
const OURS = [MANIFEST, CONFIG, ATTESTATIONS, SIGNATURE];

/** An artifact in a folder: `manifest.json`, `config.json`, every layer at its own path, `attestations/<name>.json`. */
export const openArtifactFolder = async (directory: string): Promise<ShelvedArtifact> => {
  const manifestBytes = await readFile(join(directory, MANIFEST)).catch((cause: unknown) => {
    throw new SlipwayError('artifact_unknown', `${directory} has no ${MANIFEST}`, {}, { cause });
  });
  const manifest = acceptManifest(parse(manifestBytes), join(directory, MANIFEST));
  const fileOf = async (part: Descriptor): Promise<string> => {
    const name = part.digest === manifest.config.digest ? CONFIG : (part.annotations?.[FILEPATH] ?? '');
    const path = join(directory, ...name.split('/'));
    const info = await lstat(path).catch(() => undefined);
    if (info === undefined) throw new SlipwayError('not_found', `${name} is not in ${directory}`);
    // A link may lead out of the folder, and a second name may change what was checked.
    if (!info.isFile() || info.nlink > 1) throw new SlipwayError('artifact_refused', `${name} is a link, or no file`);
    const found = await hashOf(path);
    if (found !== part.digest)
      throw new SlipwayError('digest_mismatch', `${name} has the digest ${found}, not ${part.digest}`);
    if (info.size !== part.size)
      throw new SlipwayError('digest_mismatch', `${name} has ${info.size} bytes, not ${part.size}`);
    return path;
  };
  return {
    digest: `sha256:${createHash('sha256').update(manifestBytes).digest('hex')}`,
    manifest,
    manifestBytes,
    model: manifest.annotations['org.opencontainers.image.title'] ?? 'unknown',
    read: async (part) => readFile(await fileOf(part)),
    copyTo: async (part, path) => {
      await copyFile(await fileOf(part), path);
      return { digest: part.digest, size: part.size };
    },
    attestations: async () => {
      const names = await readdir(join(directory, ATTESTATIONS)).catch((): string[] => []);
      const found: Record<string, DsseEnvelope> = {};
      for (const name of names.filter((one) => one.endsWith('.json')).sort())
        found[name.slice(0, -'.json'.length)] = await readEnvelope(join(directory, ATTESTATIONS, name));
      return found;
    },
  };
};

/** Lays an artifact down in a folder that is empty, or not there yet. The manifest comes last: with it, all is there. */
export const writeArtifactFolder = async (artifact: ShelvedArtifact, directory: string): Promise<void> => {
  const taken = artifact.manifest.layers
    .map((layer) => layer.annotations?.[FILEPATH] ?? '')
    .find((path) => OURS.includes(path.split('/')[0] ?? ''));
  if (taken !== undefined)
    throw new SlipwayError('artifact_refused', `a layer has the path ${taken}, which is a name of the folder's own`);
  await mkdir(directory, { recursive: true });
  if ((await readdir(directory)).length > 0)
    throw new SlipwayError('usage', `${directory} is not empty: name a new folder`);
  const attestations = await artifact.attestations();
  for (const layer of artifact.manifest.layers) {
    const path = join(directory, ...(layer.annotations?.[FILEPATH] ?? '').split('/'));
    await mkdir(dirname(path), { recursive: true });
    await artifact.copyTo(layer, path);
  }
  await artifact.copyTo(artifact.manifest.config, join(directory, CONFIG));
  await mkdir(join(directory, ATTESTATIONS), { recursive: true });
  for (const [name, envelope] of Object.entries(attestations))
    await writeFile(join(directory, ATTESTATIONS, `${name}.json`), JSON.stringify(envelope));
  const signature = attestations['model'];
  if (signature !== undefined) await writeFile(join(directory, SIGNATURE), JSON.stringify(toBundle(signature)));
  await writeFile(join(directory, MANIFEST), artifact.manifestBytes);
};

const readEnvelope = async (path: string): Promise<DsseEnvelope> => {
  const value = parse(await readFile(path));
  if (!isEnvelope(value)) throw new SlipwayError('artifact_refused', `${path} is no signed envelope`);
  return value;
};

const hashOf = async (path: string): Promise<Digest> => {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 4 * 1024 * 1024 })) hash.update(chunk as Buffer);
  return `sha256:${hash.digest('hex')}`;
};

const parse = (body: Uint8Array): unknown => {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined;
  }
};
