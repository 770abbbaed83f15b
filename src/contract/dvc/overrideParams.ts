import { parseDocument } from 'yaml';
import type { ParamOrigin, ParamValue } from '../../domain/spec/types.js';

/** A file of values with other ones in these places; everything else of it stays as it is written. */
export const overrideParams = (
  text: string,
  changes: readonly { readonly keys: ParamOrigin['keys']; readonly value: ParamValue }[],
): string => {
  const document = parseDocument(text);
  for (const { keys, value } of changes) document.setIn(keys, value);
  return document.toString({ lineWidth: 0 });
};
