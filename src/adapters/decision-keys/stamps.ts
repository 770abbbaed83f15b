import { compactVerify, CompactSign, decodeProtectedHeader } from 'jose';
import type { Stamper, StampReader } from '../../ports/stamps.js';
import { ensureDecisionKey, importKey, readPublicKeys, type DecisionKeyFiles } from './keyFiles.js';

const MAX_BYTES = 64 * 1024;

/** Stamps texts with the key that signs decisions; its type keeps a stamped text from passing as a decision, or as another kind. */
export const createStamper = async (files: DecisionKeyFiles): Promise<Stamper> => {
  const jwk = await ensureDecisionKey(files);
  const key = await importKey(jwk);
  return {
    stamp: (kind, body) =>
      new CompactSign(new TextEncoder().encode(JSON.stringify(body)))
        .setProtectedHeader({ alg: 'EdDSA', typ: typeOf(kind), ...(jwk.kid === undefined ? {} : { kid: jwk.kid }) })
        .sign(key),
  };
};

export const createStampReader = (files: DecisionKeyFiles): StampReader => ({
  open: async (kind, text) => {
    if (text.length > MAX_BYTES) return undefined;
    const header = headerOf(text);
    if (header?.typ !== typeOf(kind)) return undefined;
    const jwk = (await readPublicKeys(files)).find(({ kid }) => kid !== undefined && kid === header.kid);
    if (jwk === undefined) return undefined;
    try {
      const { payload } = await compactVerify(text, await importKey(jwk), { algorithms: ['EdDSA'] });
      const body: unknown = JSON.parse(new TextDecoder().decode(payload));
      return typeof body === 'object' && body !== null ? (body as Readonly<Record<string, unknown>>) : undefined;
    } catch {
      return undefined;
    }
  },
});

const typeOf = (kind: string): string => `slipway-${kind}+jws`;

const headerOf = (text: string): ReturnType<typeof decodeProtectedHeader> | undefined => {
  try {
    return decodeProtectedHeader(text);
  } catch {
    return undefined;
  }
};
