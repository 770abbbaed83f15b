/** What is told of the fields of a message, in their order. */
export interface FieldVisitor {
  /** Above 2^53 it loses digits, but only zero is zero. */
  readonly number: (field: number, value: number) => void;
  /** Text, bytes, or a message inside this one; the field begins `at` this byte, and ends with its content. */
  readonly bytes: (field: number, content: Uint8Array, at: number) => void;
}

/**
 * Walks through one protobuf message. Strict, because what the loader of a file sees must not depend on who reads it:
 * other readers drop the bits of a tag above 32, and take a tag that was written longer than it need be. Here each field
 * has exactly one way to be written; groups, unknown kinds of fields and lengths of 2 GiB are refused, too. Throws where
 * a message is not of this kind.
 * Encoding: https://protobuf.dev/programming-guides/encoding
 */
export const readFields = (message: Uint8Array, visitor: FieldVisitor): void => {
  const reader = { bytes: message, at: 0 };
  while (reader.at < message.length) {
    const begin = reader.at;
    const tag = readTag(reader);
    const field = Math.floor(tag / 8);
    switch (tag % 8) {
      case 0:
        visitor.number(field, readVarint(reader, LONGEST.number));
        break;
      case 1:
        skip(reader, 8);
        break;
      case 2: {
        const size = readVarint(reader, LONGEST.size);
        const start = reader.at;
        skip(reader, size);
        visitor.bytes(field, message.subarray(start, start + size), begin);
        break;
      }
      case 5:
        skip(reader, 4);
        break;
      default:
        throw new Error(`unknown kind of field at byte ${reader.at}`);
    }
  }
};

interface Reader {
  readonly bytes: Uint8Array;
  at: number;
}

/** Bytes of a number as protobuf writes it. */
const LONGEST = { tag: 5, size: 5, number: 10 } as const;

const readTag = (reader: Reader): number => {
  const start = reader.at;
  const tag = readVarint(reader, LONGEST.tag);
  const isShortest = reader.at - start === 1 || reader.bytes[reader.at - 1] !== 0;
  if (!isShortest || tag > 0xffff_ffff || tag < 8) throw new Error(`no field is written like that at byte ${start}`);
  return tag;
};

const skip = (reader: Reader, size: number): void => {
  reader.at += size;
  if (reader.at > reader.bytes.length) throw new Error('it ends too early');
};

const readVarint = (reader: Reader, longest: number): number => {
  let value = 0;
  for (let factor = 1, count = 0; count < longest; factor *= 128, count += 1) {
    const byte = reader.bytes[reader.at];
    if (byte === undefined) throw new Error('it ends too early');
    reader.at += 1;
    value += (byte % 128) * factor;
    if (byte < 128) return value;
  }
  throw new Error('a number is too long');
};
