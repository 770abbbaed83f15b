/** A zip archive of one file, stored without compression: what a wheel is, small enough to read. */
export const storedZip = (name: string, content: Buffer): Buffer => {
  const path = Buffer.from(name);
  const crc = crc32(content);
  const local = header(0x04034b50, 30, [
    [18, content.length],
    [22, content.length],
    [14, crc],
  ]);
  local.writeUInt16LE(path.length, 26);
  const entry = header(0x02014b50, 46, [
    [20, content.length],
    [24, content.length],
    [16, crc],
    [42, 0],
  ]);
  entry.writeUInt16LE(path.length, 28);
  const end = header(0x06054b50, 22, [
    [12, entry.length + path.length],
    [16, local.length + path.length + content.length],
  ]);
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  return Buffer.concat([local, path, content, entry, path, end]);
};

const header = (signature: number, length: number, words: readonly (readonly [number, number])[]): Buffer => {
  const bytes = Buffer.alloc(length);
  bytes.writeUInt32LE(signature, 0);
  for (const [at, value] of words) bytes.writeUInt32LE(value, at);
  return bytes;
};

const crc32 = (content: Buffer): number => {
  let crc = 0xffffffff;
  for (const byte of content) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
};
