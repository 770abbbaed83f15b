import { ENCODINGS, TYPES, type Column } from './column.js';
import { flag, int, list, long, struct, text, type Thrift } from './thrift.js';

const MAGIC = Buffer.from('PAR1');
const UNCOMPRESSED = int(0);
const DICTIONARY_PAGE = 2;
const DATA_PAGE_V2 = 3;
/** No number of the logical type STRING is needed: it is an empty struct in the first field. */
const STRING = struct([[1, struct([])]]);

/**
 * Columns as a Parquet file of one row group, with one page per column, and a dictionary before it where values repeat
 * (https://parquet.apache.org/docs/file-format/). Nothing is compressed: what repeats is written once already, and in measured
 * numbers no compression finds anything. Written here since a general writer looks for all of that in each value: it cost five times as much.
 */
export const parquetFile = (rows: number, columns: readonly Column[]): Uint8Array<ArrayBuffer> => {
  const parts: Buffer[] = [MAGIC];
  let offset = MAGIC.length;
  const write = (part: Buffer): void => {
    parts.push(part);
    offset += part.length;
  };
  const chunks = columns.map((column) => {
    const start = offset;
    if (column.dictionary !== undefined) {
      write(dictionaryHeader(column.dictionary));
      write(column.dictionary.bytes);
    }
    const data = offset;
    write(dataHeader(column, rows));
    write(column.levels);
    write(column.values);
    return chunk(column, rows, { start, data, end: offset });
  });
  const rowGroup = struct([
    [1, list(chunks)],
    [2, long(offset - MAGIC.length)],
    [3, long(rows)],
  ]);
  const footer = Buffer.from(
    struct([
      [1, int(2)],
      [
        2,
        list([
          struct([
            [4, text('schema')],
            [5, int(columns.length)],
          ]),
          ...columns.map(schemaOf),
        ]),
      ],
      [3, long(rows)],
      [4, list([rowGroup])],
      [6, text('slipway')],
    ]).bytes,
  );
  write(footer);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(footer.length);
  write(length);
  write(MAGIC);
  const file = new Uint8Array(offset);
  let at = 0;
  for (const part of parts) {
    file.set(part, at);
    at += part.length;
  }
  return file;
};

const schemaOf = ({ name, type, optional }: Column): Thrift =>
  struct([
    [1, int(TYPES[type])],
    [3, int(optional ? 1 : 0)],
    [4, text(name)],
    [6, type === 'BYTE_ARRAY' ? int(0) : undefined],
    [10, type === 'BYTE_ARRAY' ? STRING : undefined],
  ]);

const dictionaryHeader = ({ size, bytes }: { readonly size: number; readonly bytes: Buffer }): Buffer =>
  Buffer.from(
    struct([
      [1, int(DICTIONARY_PAGE)],
      [2, int(bytes.length)],
      [3, int(bytes.length)],
      [
        7,
        struct([
          [1, int(size)],
          [2, int(ENCODINGS.PLAIN)],
        ]),
      ],
    ]).bytes,
  );

const dataHeader = ({ levels, values, missing, dictionary }: Column, rows: number): Buffer => {
  const length = int(levels.length + values.length);
  return Buffer.from(
    struct([
      [1, int(DATA_PAGE_V2)],
      [2, length],
      [3, length],
      [
        8,
        struct([
          [1, int(rows)],
          [2, int(missing)],
          [3, int(rows)],
          [4, int(dictionary === undefined ? ENCODINGS.PLAIN : ENCODINGS.RLE_DICTIONARY)],
          [5, int(levels.length)],
          [6, int(0)],
          [7, flag(false)],
        ]),
      ],
    ]).bytes,
  );
};

const chunk = (
  { name, type, dictionary }: Column,
  rows: number,
  { start, data, end }: { readonly start: number; readonly data: number; readonly end: number },
): Thrift => {
  const encodings = dictionary === undefined ? [ENCODINGS.PLAIN] : [ENCODINGS.PLAIN, ENCODINGS.RLE_DICTIONARY];
  return struct([
    [2, long(start)],
    [
      3,
      struct([
        [1, int(TYPES[type])],
        [2, list([ENCODINGS.RLE, ...encodings].map(int))],
        [3, list([text(name)])],
        [4, UNCOMPRESSED],
        [5, long(rows)],
        [6, long(end - start)],
        [7, long(end - start)],
        [9, long(data)],
        [11, dictionary === undefined ? undefined : long(start)],
      ]),
    ],
  ]);
};
