// A BOM at the beginning is JSON's business, not the decoder's.
const UTF8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** The text that these bytes are; what is no UTF-8 becomes U+FFFD. */
export const textOf = (bytes: Uint8Array): string => UTF8.decode(bytes);
