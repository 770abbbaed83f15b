/** What cannot be a JSON Pointer. */
export const isJsonPointer = (pointer: string): boolean => /^(?:\/(?:[^~/]|~[01])*)*$/.test(pointer);

/**
 * The value that a JSON Pointer names (RFC 6901); undefined where there is none.
 *
 * @example atPointer({ rates: [{ value: 3 }] }, '/rates/0/value') // 3
 */
export const atPointer = (document: unknown, pointer: string): unknown =>
  pointer
    .split('/')
    .slice(1)
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>((value, token) => {
      if (Array.isArray(value))
        return /^(?:0|[1-9]\d{0,8})$/.test(token) ? (value as unknown[])[Number(token)] : undefined;
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, token)) return undefined;
      return (value as Readonly<Record<string, unknown>>)[token];
    }, document);
