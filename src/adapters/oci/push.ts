import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FILEPATH, MEDIA_TYPES } from '../../domain/artifact/manifest.js';
import type { Digest } from '../../domain/artifact/types.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import type { ShelvedArtifact } from '../../ports/artifactShelf.js';
import { digestOf } from './bytes.js';
import type { Exchange } from './exchange.js';
import {
  ATTESTATION,
  EMPTY,
  EMPTY_TYPE,
  encodeEnvelope,
  ENVELOPE,
  fallbackTag,
  INDEX,
  NAME,
  referrerManifest,
} from './referrers.js';

export interface Pushed {
  readonly digest: Digest;
  /** Blobs that the registry had already. */
  readonly present: number;
  readonly uploaded: number;
  readonly attestations: number;
}

/** Layers first, then the manifest, then attestations as its referrers: whoever sees the manifest finds all of it. */
export const push = async (
  exchange: Exchange,
  base: string,
  reference: string,
  artifact: ShelvedArtifact,
): Promise<Pushed> => {
  const counted = { present: 0, uploaded: 0 };
  const upload = async (digest: Digest, size: number, body: () => NonNullable<RequestInit['body']>): Promise<void> => {
    const there = await exchange({ method: 'HEAD', target: `${base}/blobs/${digest}`, expect: [200, 404] });
    if (there.status === 200) {
      counted.present += 1;
      return;
    }
    const begun = await exchange({ method: 'POST', target: `${base}/blobs/uploads/`, expect: [202] });
    const location = begun.headers.get('location') ?? '';
    await exchange({
      method: 'PUT',
      target: `${location}${location.includes('?') ? '&' : '?'}digest=${encodeURIComponent(digest)}`,
      headers: { 'content-type': 'application/octet-stream', 'content-length': String(size) },
      body,
      expect: [201],
    });
    counted.uploaded += 1;
  };
  const uploadBytes = async (bytes: Uint8Array, mediaType: string) => {
    const part = { mediaType, digest: digestOf(bytes), size: bytes.length };
    await upload(part.digest, part.size, () => bytes as Uint8Array<ArrayBuffer>);
    return part;
  };
  const put = (named: string, bytes: Uint8Array, type: string) =>
    exchange({
      method: 'PUT',
      target: `${base}/manifests/${named}`,
      headers: { 'content-type': type },
      body: () => bytes as Uint8Array<ArrayBuffer>,
      expect: [201],
    });

  const directory = await mkdtemp(join(tmpdir(), 'slipway-push-'));
  try {
    for (const part of [artifact.manifest.config, ...artifact.manifest.layers]) {
      // Checked on its way out of the shelf: nothing is pushed that is not what the manifest says.
      const path = join(directory, randomUUID());
      await artifact.copyTo(part, path);
      const { size } = await stat(path);
      if (size !== part.size)
        throw new SlipwayError('digest_mismatch', `${part.annotations?.[FILEPATH] ?? 'config'} has ${size} bytes`);
      await upload(part.digest, size, () => createReadStream(path) as unknown as NonNullable<RequestInit['body']>);
      await rm(path, { force: true });
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
  await put(reference, artifact.manifestBytes, MEDIA_TYPES.manifest);
  if (reference !== artifact.digest) await put(artifact.digest, artifact.manifestBytes, MEDIA_TYPES.manifest);

  const subject = { mediaType: MEDIA_TYPES.manifest, digest: artifact.digest, size: artifact.manifestBytes.length };
  const listed: Readonly<Record<string, unknown>>[] = [];
  let keepsReferrers = true;
  for (const [name, envelope] of Object.entries(await artifact.attestations())) {
    const empty = await uploadBytes(EMPTY, EMPTY_TYPE);
    const stored = await uploadBytes(encodeEnvelope(envelope), ENVELOPE);
    const manifest = new TextEncoder().encode(JSON.stringify(referrerManifest(name, subject, empty, stored)));
    const answered = await put(digestOf(manifest), manifest, MEDIA_TYPES.manifest);
    keepsReferrers &&= answered.headers.has('oci-subject');
    listed.push({
      mediaType: MEDIA_TYPES.manifest,
      digest: digestOf(manifest),
      size: manifest.length,
      artifactType: ATTESTATION,
      annotations: { [NAME]: name },
    });
  }
  if (!keepsReferrers) {
    const index = { schemaVersion: 2, mediaType: INDEX, manifests: listed };
    await put(fallbackTag(artifact.digest), new TextEncoder().encode(JSON.stringify(index)), INDEX);
  }
  return { digest: artifact.digest, ...counted, attestations: listed.length };
};
