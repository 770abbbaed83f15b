/**
 * Tokens of local identities: 256 random bits, given out once; the file has their SHA-256 only. A fast hash is right
 * here, because a random token cannot be guessed.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { chmod, mkdir, open, readFile, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

interface StoredToken {
  readonly identity: string;
  /** Hex. */
  readonly sha256: string;
  readonly issuedAt: string;
}

export interface TokenVerifier {
  /** The identity that a token was issued to; undefined for any other text. */
  identityOf(token: string): Promise<string | undefined>;
}

/** Begins every token, so that scanners for leaked secrets can find one. */
const PREFIX = 'slipway_';

/** Issues a token to an identity. The file is replaced whole, mode 0600; two writers at once must be kept apart by the caller. */
export const issueToken = async (tokensFile: string, identity: string): Promise<string> => {
  const token = `${PREFIX}${randomBytes(32).toString('base64url')}`;
  const stored: StoredToken = { identity, sha256: hash(token).toString('hex'), issuedAt: new Date().toISOString() };
  await write(tokensFile, [...(await read(tokensFile)), stored]);
  return token;
};

/** Every token of the identity stops counting with the next request. */
export const revokeTokens = async (tokensFile: string, identity: string): Promise<number> => {
  const tokens = await read(tokensFile);
  const kept = tokens.filter((token) => token.identity !== identity);
  if (kept.length < tokens.length) await write(tokensFile, kept);
  return tokens.length - kept.length;
};

/** Reads the file again whenever it was replaced. */
export const createTokenVerifier = (tokensFile: string): TokenVerifier => {
  let cached: { readonly version: string; readonly tokens: readonly StoredToken[] } | undefined;
  return {
    identityOf: async (token) => {
      const version = await stat(tokensFile).then(
        ({ ino, mtimeMs, size }) => `${ino}.${mtimeMs}.${size}`,
        () => 'none',
      );
      if (cached?.version !== version) cached = { version, tokens: await read(tokensFile) };
      const asked = hash(token);
      let found: string | undefined;
      // Every entry is looked at, whichever one matches.
      for (const { sha256, identity } of cached.tokens) {
        const stored = Buffer.from(sha256, 'hex');
        if (stored.length === asked.length && timingSafeEqual(stored, asked)) found = identity;
      }
      return found;
    },
  };
};

const hash = (token: string): Buffer => createHash('sha256').update(token).digest();

const read = async (file: string): Promise<readonly StoredToken[]> => {
  try {
    return (JSON.parse(await readFile(file, 'utf8')) as { tokens: readonly StoredToken[] }).tokens;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
};

const write = async (file: string, tokens: readonly StoredToken[]): Promise<void> => {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const partial = `${file}.${process.pid}`;
  const handle = await open(partial, 'w', 0o600);
  try {
    await handle.writeFile(`${JSON.stringify({ version: 1, tokens }, null, 2)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await chmod(partial, 0o600);
  await rename(partial, file);
};
