import { createHash } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { MEDIA_TYPES, type Descriptor } from '../../domain/artifact/manifest.js';
import { isEnvelope } from '../../domain/artifact/dsse.js';
import { isDescriptor, readManifest } from '../../domain/artifact/readManifest.js';
import type { RegistryReference } from '../../domain/artifact/registryReference.js';
import type { BlobRef, Digest } from '../../domain/artifact/types.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import type { ShelvedArtifact } from '../../ports/artifactShelf.js';
import type { DsseEnvelope } from '../../ports/signer.js';
import { bounded, digestOf, json } from './bytes.js';
import { createExchange, type Credentials } from './exchange.js';
import { push, type Pushed } from './push.js';
import { ATTESTATION, EMPTY, fallbackTag, INDEX, NAME } from './referrers.js';

export interface RegistryOptions {
  readonly credentials?: Credentials;
  /** Without TLS; only for registries on this machine or in a closed network. */
  readonly plainHttp?: boolean;
}

export interface Registry {
  open(): Promise<ShelvedArtifact>;
  push(artifact: ShelvedArtifact): Promise<Pushed>;
}

/** An artifact has four attestations; each is two requests. */
const MAX_REFERRERS = 100;
const MAX_MANIFEST = 4 * 1024 * 1024;
const MAX_ENVELOPE = 4 * 1024 * 1024;
const IN_MEMORY = 64 * 1024 * 1024;

/** One repository of an OCI registry, by the distribution specification 1.1. Everything that comes from it is hashed. */
export const openRegistry = (
  { host, repository, reference }: RegistryReference,
  { credentials, plainHttp = false }: RegistryOptions = {},
): Registry => {
  const exchange = createExchange(`${plainHttp ? 'http' : 'https'}://${host}`, credentials);
  const base = `/v2/${repository}`;

  const manifestOf = async (named: string, accept: string, optional = false): Promise<Uint8Array | undefined> => {
    const expect = optional ? [200, 404] : [200];
    const response = await exchange({
      method: 'GET',
      target: `${base}/manifests/${named}`,
      headers: { accept },
      expect,
    });
    if (response.status === 404) {
      await response.body?.cancel();
      return undefined;
    }
    const bytes = await bounded(response, MAX_MANIFEST);
    if (named.startsWith('sha256:') && digestOf(bytes) !== named)
      throw new SlipwayError('digest_mismatch', `the registry gave another manifest than ${named}`);
    return bytes;
  };

  const readBlob = async (part: Pick<Descriptor, 'digest' | 'size'>, limit: number): Promise<Uint8Array> => {
    if (part.size > limit) throw new SlipwayError('too_large', `${part.digest} has ${part.size} bytes`);
    const response = await exchange({ method: 'GET', target: `${base}/blobs/${part.digest}`, expect: [200] });
    const bytes = await bounded(response, part.size);
    if (digestOf(bytes) !== part.digest)
      throw new SlipwayError('digest_mismatch', `the registry gave other bytes than ${part.digest}`);
    return bytes;
  };

  const copyBlob = async (part: Descriptor, path: string): Promise<BlobRef> => {
    const response = await exchange({ method: 'GET', target: `${base}/blobs/${part.digest}`, expect: [200] });
    const hash = createHash('sha256');
    let size = 0;
    const file = await open(path, 'wx');
    try {
      for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
        size += chunk.length;
        if (size > part.size)
          throw new SlipwayError('digest_mismatch', `${part.digest} is longer than its manifest says`);
        hash.update(chunk);
        await file.write(chunk);
      }
      if (`sha256:${hash.digest('hex')}` !== part.digest)
        throw new SlipwayError('digest_mismatch', `the registry gave other bytes than ${part.digest}`);
    } catch (error) {
      await rm(path, { force: true });
      if (error instanceof SlipwayError) throw error;
      throw new SlipwayError('registry_unreachable', `${part.digest} was cut short`, {}, { cause: error });
    } finally {
      await file.close();
    }
    return { digest: part.digest, size };
  };

  const attestationsOf = async (digest: Digest): Promise<Readonly<Record<string, DsseEnvelope>>> => {
    const listed = await exchange({ method: 'GET', target: `${base}/referrers/${digest}`, expect: [200, 404] });
    const body =
      listed.status === 200 ? await bounded(listed, MAX_MANIFEST) : await manifestOf(fallbackTag(digest), INDEX, true);
    const found: Record<string, DsseEnvelope> = {};
    for (const one of referrersIn(body)) {
      const bytes = await manifestOf(one.digest, MEDIA_TYPES.manifest);
      const { artifactType, layers, annotations } = (json(bytes ?? EMPTY) ?? {}) as {
        artifactType?: unknown;
        layers?: unknown;
        annotations?: Readonly<Record<string, unknown>> | null;
      };
      const layer: unknown = Array.isArray(layers) ? layers[0] : undefined;
      const name = annotations?.[NAME];
      if (artifactType !== ATTESTATION || typeof name !== 'string' || !/^[a-z][a-z-]{0,40}$/.test(name)) continue;
      if (!isDescriptor(layer)) throw refused(`the attestation ${name} has no envelope`);
      const envelope = json(await readBlob(layer, MAX_ENVELOPE));
      if (!isEnvelope(envelope)) throw refused(`the attestation ${name} is no signed envelope`);
      found[name] = envelope;
    }
    return found;
  };

  return {
    open: async () => {
      const manifestBytes = await manifestOf(reference, MEDIA_TYPES.manifest);
      const read = readManifest(json(manifestBytes ?? EMPTY));
      if (!read.ok || manifestBytes === undefined)
        throw new SlipwayError(
          'artifact_refused',
          `${repository}:${reference} is no model: ${read.ok ? 'it is empty' : read.reason}`,
        );
      const digest = digestOf(manifestBytes);
      return {
        digest,
        manifest: read.manifest,
        manifestBytes,
        model: read.manifest.annotations['org.opencontainers.image.title'] ?? repository,
        read: (part) => readBlob(part, IN_MEMORY),
        copyTo: copyBlob,
        attestations: () => attestationsOf(digest),
      };
    },
    push: (artifact) => push(exchange, base, reference, artifact),
  };
};

const referrersIn = (body: Uint8Array | undefined): readonly Descriptor[] => {
  if (body === undefined) return [];
  const { manifests = [] } = (json(body) ?? {}) as { readonly manifests?: unknown };
  if (!Array.isArray(manifests) || !manifests.every(isDescriptor))
    throw refused('the list of attestations names no manifests by digest');
  if (manifests.length > MAX_REFERRERS)
    throw new SlipwayError('too_large', `the registry lists more than ${MAX_REFERRERS} attestations`);
  return manifests;
};

const refused = (why: string): SlipwayError => new SlipwayError('artifact_refused', why);
