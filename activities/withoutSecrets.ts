import { createSecretMask, MASK, type SecretMask } from '../src/domain/release/maskSecrets.js';

export const maskOf = (secrets: readonly string[]): SecretMask =>
  createSecretMask(secrets, {
    base64: (text) => Buffer.from(text).toString('base64'),
    hex: (text) => Buffer.from(text).toString('hex'),
  });

/** A value without the secrets: in every text that it holds, in names, and in numbers that spell one. */
export const withoutSecrets = <T>(value: T, secrets: readonly string[]): T => {
  if (secrets.length === 0) return value;
  const { push, end } = maskOf(secrets);
  const shown = (text: string): string => push(text) + end();
  const clean = (part: unknown): unknown => {
    if (typeof part === 'string') return shown(part);
    if (typeof part === 'number') return shown(String(part)) === String(part) ? part : MASK;
    if (Array.isArray(part)) return part.map(clean);
    if (typeof part !== 'object' || part === null) return part;
    return Object.fromEntries(Object.entries(part).map(([name, inner]) => [shown(name), clean(inner)]));
  };
  return clean(value) as T;
};
