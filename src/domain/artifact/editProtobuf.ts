import { readFields } from './protobufFields.js';

/** New content of a field that holds text, bytes, or a message; undefined where it stays as it was. */
export type Rewrite = (field: number, content: Uint8Array) => Uint8Array | undefined;

/** The same message, with the fields that `rewrite` changes; all others are the very bytes that they were. Throws where it is damaged. */
export const rewriteFields = (message: Uint8Array, rewrite: Rewrite): Uint8Array => {
  const parts: Uint8Array[] = [];
  let copied = 0;
  readFields(message, {
    number: () => undefined,
    bytes: (field, content, at) => {
      const changed = rewrite(field, content);
      if (changed === undefined) return;
      parts.push(message.subarray(copied, at), lengthDelimited(field, changed));
      copied = content.byteOffset - message.byteOffset + content.length;
    },
  });
  return concat([...parts, message.subarray(copied)]);
};

/** A field that holds text, bytes, or a message. */
export const lengthDelimited = (field: number, content: Uint8Array): Uint8Array =>
  concat([varint(field * 8 + 2), varint(content.length), content]);

export const numberField = (field: number, value: number): Uint8Array => concat([varint(field * 8), varint(value)]);

export const concat = (parts: readonly Uint8Array[]): Uint8Array => {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
};

const varint = (value: number): Uint8Array => {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Uint8Array.from([...bytes, rest]);
};
