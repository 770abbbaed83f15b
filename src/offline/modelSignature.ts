import { createHash, createPublicKey, verify, type KeyObject } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readdir, readFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { IN_TOTO, signedBytes } from '../domain/artifact/dsse.js';
import { readModelSignature } from '../domain/artifact/modelSignature.js';
import type { ArtifactCheck, ArtifactVerification } from '../domain/artifact/verification.js';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import type { DsseEnvelope } from '../ports/signer.js';

/** What the reference tool leaves out, too. */
const GIT_PATHS = ['.git', '.gitattributes', '.github', '.gitignore'];

/**
 * Verifies an OpenSSF model signature over a folder, whoever made it: the signature with this P-256 key, every file
 * that it names, and that there is no file that it does not name.
 */
export const verifyModelSignature = async (
  folder: string,
  signatureFile: string,
  keyFile: string,
): Promise<ArtifactVerification> => {
  const envelope = await readEnvelope(signatureFile);
  const payload = openWith(await readKey(keyFile), envelope);
  const read = readModelSignature(payload);
  if (!read.ok) throw new SlipwayError('signature_invalid', `${signatureFile} is no model signature: ${read.reason}`);
  const root = createHash('sha256');
  for (const { digest } of read.files) root.update(Buffer.from(digest.slice('sha256:'.length), 'hex'));
  const found = `sha256:${root.digest('hex')}`;
  const checks: ArtifactCheck[] = [
    { what: 'signature', ok: true, detail: `${read.files.length} files, P-256` },
    {
      what: 'root digest',
      ok: found === read.root,
      detail: found === read.root ? found : `it is ${found}, not ${read.root}`,
    },
  ];
  for (const { name, digest } of read.files) checks.push(await checkFile(folder, name, digest));
  const named = new Set(read.files.map(({ name }) => name));
  const ignored = [...read.ignored, ...GIT_PATHS];
  const own = join(signatureFile);
  for (const name of await filesBelow(folder)) {
    if (named.has(name) || join(folder, name) === own) continue;
    if (ignored.some((path) => name === path || name.startsWith(`${path}/`))) continue;
    checks.push({ what: name, ok: false, detail: 'the signature does not name it' });
  }
  return { ok: checks.every(({ ok }) => ok), digest: read.root, checks };
};

const readEnvelope = async (file: string): Promise<DsseEnvelope> => {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new SlipwayError('not_found', `${file} cannot be read`, {}, { cause });
  });
  try {
    const { dsseEnvelope } = JSON.parse(text) as { dsseEnvelope?: DsseEnvelope };
    if (typeof dsseEnvelope?.payload === 'string' && Array.isArray(dsseEnvelope.signatures)) return dsseEnvelope;
  } catch {
    // Said below.
  }
  throw new SlipwayError('signature_invalid', `${file} is no sigstore bundle with a DSSE envelope`);
};

const readKey = async (file: string): Promise<KeyObject> => {
  const pem = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new SlipwayError('not_found', `${file} cannot be read`, {}, { cause });
  });
  const key = createPublicKey(pem);
  if (key.asymmetricKeyType !== 'ec' || key.asymmetricKeyDetails?.namedCurve !== 'prime256v1')
    throw new SlipwayError('usage', `${file} is no P-256 key`);
  return key;
};

const openWith = (key: KeyObject, envelope: DsseEnvelope): unknown => {
  const payload = Buffer.from(envelope.payload, 'base64');
  const signed = signedBytes(payload);
  const valid =
    envelope.payloadType === IN_TOTO &&
    envelope.signatures.some(({ sig }) =>
      verify('sha256', signed, { key, dsaEncoding: 'der' }, Buffer.from(sig, 'base64')),
    );
  if (!valid) throw new SlipwayError('signature_invalid', 'this key did not sign these files');
  return JSON.parse(payload.toString('utf8'));
};

const checkFile = async (folder: string, name: string, digest: string): Promise<ArtifactCheck> => {
  const parts = name.split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..' || part.includes('\\')))
    return { what: name, ok: false, detail: 'its name leads out of the folder' };
  const path = join(folder, ...parts);
  const info = await lstat(path).catch(() => undefined);
  if (info?.isFile() !== true) return { what: name, ok: false, detail: 'it is not there, or no file' };
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 4 * 1024 * 1024 })) hash.update(chunk as Buffer);
  const found = `sha256:${hash.digest('hex')}`;
  return { what: name, ok: found === digest, detail: found === digest ? found : `it has the digest ${found}` };
};

const filesBelow = async (folder: string): Promise<readonly string[]> =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((item) => !item.isDirectory())
    .map((item) =>
      join(item.parentPath, item.name)
        .slice(join(folder).length + 1)
        .split(sep)
        .join('/'),
    )
    .sort();
