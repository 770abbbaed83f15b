/**
 * Tokens of local identities: 256 random bits, given out once; the file has their SHA-256 only. A fast hash is right
 * here, because a random token cannot be guessed.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

interface StoredToken {
  readonly identity: string;
  /** Hex. */
  readonly sha256: string;
  readonly issuedAt: string;
  /** Absent: it counts until it is revoked. */
  readonly expiresAt?: string;
}

/** What a bearer token shows: who holds it, and for how long it counts. Epoch milliseconds. */
export interface Credential {
  readonly identity: string;
  readonly expiresAt?: number;
  /** When the person proved to be there; absent where a token alone did. */
  readonly authenticatedAt?: number;
  /** The token itself, of a session, for who ends it. */
  readonly session?: string;
}

export interface TokenVerifier {
  /** What a token shows, also one that has expired; undefined for any other text. */
  find(token: string): Promise<Credential | undefined>;
}

/** Begins every token, so that scanners for leaked secrets can find one. */
const PREFIX = 'slipway_';

/** Issues a token to an identity. The file is replaced whole, mode 0600. */
export const issueToken = async (tokensFile: string, identity: string, expiresAt?: number): Promise<string> => {
  const token = `${PREFIX}${randomBytes(32).toString('base64url')}`;
  const stored: StoredToken = {
    identity,
    sha256: hash(token).toString('hex'),
    issuedAt: new Date().toISOString(),
    ...(expiresAt === undefined ? {} : { expiresAt: new Date(expiresAt).toISOString() }),
  };
  await change(tokensFile, (tokens) => [...tokens, stored]);
  return token;
};

/** Every token of the identity stops counting with the next request. */
export const revokeTokens = async (tokensFile: string, identity: string): Promise<number> => {
  let revoked = 0;
  await change(tokensFile, (tokens) => {
    const kept = tokens.filter((token) => token.identity !== identity);
    revoked = tokens.length - kept.length;
    return kept;
  });
  return revoked;
};

/** Reads the file again whenever it was replaced. */
export const createTokenVerifier = (tokensFile: string): TokenVerifier => {
  let cached: { readonly version: string; readonly tokens: readonly StoredToken[] } | undefined;
  return {
    find: async (token) => {
      const version = await stat(tokensFile).then(
        ({ ino, mtimeMs, size }) => `${ino}.${mtimeMs}.${size}`,
        () => 'none',
      );
      if (cached?.version !== version) cached = { version, tokens: await read(tokensFile) };
      const asked = hash(token);
      let found: StoredToken | undefined;
      // Every entry is looked at, whichever one matches.
      for (const token of cached.tokens) {
        const stored = Buffer.from(token.sha256, 'hex');
        if (stored.length === asked.length && timingSafeEqual(stored, asked)) found = token;
      }
      return found === undefined ? undefined : credentialOf(found);
    },
  };
};

/** A date that cannot be read is one that has passed. */
const credentialOf = ({ identity, expiresAt }: StoredToken): Credential =>
  expiresAt === undefined ? { identity } : { identity, expiresAt: Date.parse(expiresAt) || 0 };

const hash = (token: string): Buffer => createHash('sha256').update(token).digest();

const read = async (file: string): Promise<readonly StoredToken[]> => {
  try {
    return (JSON.parse(await readFile(file, 'utf8')) as { tokens: readonly StoredToken[] }).tokens;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
};

/** The draft is the lock: of two writers at once, the second reads what the first has written. */
const change = async (
  file: string,
  next: (tokens: readonly StoredToken[]) => readonly StoredToken[],
): Promise<void> => {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.new`;
  const handle = await openDraft(draft);
  try {
    await handle.writeFile(`${JSON.stringify({ version: 1, tokens: next(await read(file)) }, null, 2)}\n`);
    await handle.sync();
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
  await rename(draft, file);
};

/** A draft this old was left behind by a process that was killed. */
const STALE_MS = 10_000;

const openDraft = async (draft: string): Promise<FileHandle> => {
  for (;;) {
    try {
      return await open(draft, 'wx', 0o600);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const found = await stat(draft).catch(() => undefined);
      if (found !== undefined && Date.now() - found.mtimeMs > STALE_MS) await rm(draft, { force: true });
      else await delay(20);
    }
  }
};
