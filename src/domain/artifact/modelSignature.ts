import type { Statement } from './statements.js';
import { FILEPATH, type Manifest } from './manifest.js';
import type { Digest } from './types.js';

/** OpenSSF model signing 1.0 (https://github.com/ossf/model-signing-spec): a sigstore bundle over every file of a model. */
export const MODEL_SIGNATURE = 'https://model_signing/signature/v1.0';
const BUNDLE = 'application/vnd.dev.sigstore.bundle.v0.3+json';

export interface SignedFile {
  /** Relative, with slashes. */
  readonly name: string;
  readonly digest: Digest;
}

/** Not part of what is signed, in a folder that an artifact was pulled to. */
export const UNSIGNED_PATHS = ['model.sig', 'attestations'] as const;

/** Files of a folder that an artifact was pulled to, as its manifest knows them. */
export const filesOf = (manifest: Manifest, manifestDigest: Digest): readonly SignedFile[] =>
  [
    { name: 'manifest.json', digest: manifestDigest },
    { name: 'config.json', digest: manifest.config.digest },
    ...manifest.layers.map((layer) => ({ name: layer.annotations?.[FILEPATH] ?? '', digest: layer.digest })),
  ].sort((a, b) => (a.name < b.name ? -1 : 1));

/** @param root SHA-256 over the bytes of all digests, in their order */
export const modelSignatureStatement = (model: string, files: readonly SignedFile[], root: Digest): Statement => ({
  _type: 'https://in-toto.io/Statement/v1',
  subject: [{ name: model, digest: { sha256: root.slice('sha256:'.length) } }],
  predicateType: MODEL_SIGNATURE,
  predicate: {
    serialization: { method: 'files', hash_type: 'sha256', allow_symlinks: false, ignore_paths: [...UNSIGNED_PATHS] },
    resources: files.map(({ name, digest }) => ({
      name,
      algorithm: 'sha256',
      digest: digest.slice('sha256:'.length),
    })),
  },
});

interface Envelope {
  readonly payloadType: string;
  readonly payload: string;
  readonly signatures: readonly { readonly keyid: string; readonly sig: string }[];
}

/** A key is named in a bundle by the SHA-256 of its PEM: that is also the key's ID in our envelopes. */
export const toBundle = (envelope: Envelope): Readonly<Record<string, unknown>> => ({
  mediaType: BUNDLE,
  verificationMaterial: { publicKey: { hint: envelope.signatures[0]?.keyid ?? '' }, tlogEntries: [] },
  dsseEnvelope: envelope,
});

export type ReadModelSignature =
  | {
      readonly ok: true;
      readonly root: Digest;
      readonly files: readonly SignedFile[];
      readonly ignored: readonly string[];
    }
  | { readonly ok: false; readonly reason: string };

/** Reads the statement of a model signature; only file-by-file SHA-256 is understood, which is what tools write by default. */
export const readModelSignature = (payload: unknown): ReadModelSignature => {
  const { predicateType, subject, predicate } = (payload ?? {}) as Partial<Statement>;
  if (predicateType !== MODEL_SIGNATURE) return { ok: false, reason: `it states ${String(predicateType)}` };
  const { serialization, resources } = (predicate ?? {}) as {
    serialization?: { method?: unknown; hash_type?: unknown; ignore_paths?: unknown };
    resources?: unknown;
  };
  const root = subject?.length === 1 ? subject[0]?.digest.sha256 : undefined;
  if (root === undefined || !Array.isArray(resources)) return { ok: false, reason: 'it has no subject or resources' };
  if (serialization?.method !== 'files' || serialization.hash_type !== 'sha256')
    return {
      ok: false,
      reason: `it hashes by ${String(serialization?.method)} with ${String(serialization?.hash_type)}, expected files with sha256`,
    };
  const files = (resources as readonly { name?: unknown; algorithm?: unknown; digest?: unknown }[]).map(
    ({ name, algorithm, digest }) =>
      typeof name === 'string' && algorithm === 'sha256' && typeof digest === 'string' && /^[0-9a-f]{64}$/.test(digest)
        ? { name, digest: `sha256:${digest}` as const }
        : undefined,
  );
  if (files.some((file) => file === undefined)) return { ok: false, reason: 'a resource of it has no SHA-256' };
  const ignored = Array.isArray(serialization.ignore_paths) ? serialization.ignore_paths.map(String) : [];
  return { ok: true, root: `sha256:${root}`, files: files as readonly SignedFile[], ignored };
};
