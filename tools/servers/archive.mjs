import { gunzipSync, inflateRawSync } from 'node:zlib';

const MAX_BYTES = 1024 * 1024 * 1024;
const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;

/**
 * One file of a zip archive (a wheel is one), by the end of its name.
 *
 * @param {Buffer} zip
 * @param {string} suffix
 * @returns {Buffer | undefined}
 */
export function fileOfZip(zip, suffix) {
  let end = zip.length - 22;
  while (end >= 0 && zip.readUInt32LE(end) !== END_OF_DIRECTORY) end -= 1;
  if (end < 0) throw new Error('not a zip archive');
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left -= 1) {
    if (zip.readUInt32LE(at) !== DIRECTORY_ENTRY) throw new Error('the zip directory is damaged');
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((offset) => zip.readUInt16LE(at + offset));
    const name = zip.toString('utf8', at + 46, at + 46 + nameLength);
    if (name.endsWith(suffix)) return contentOf(zip, at);
    at += 46 + nameLength + extraLength + commentLength;
  }
  return undefined;
}

function contentOf(zip, entry) {
  const local = zip.readUInt32LE(entry + 42);
  const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
  const packed = zip.subarray(start, start + zip.readUInt32LE(entry + 20));
  const method = zip.readUInt16LE(entry + 10);
  if (method === 0) return Buffer.from(packed);
  if (method === 8) return inflateRawSync(packed, { maxOutputLength: MAX_BYTES });
  throw new Error(`zip method ${method} is not supported`);
}

/**
 * One regular file of a .tar.gz archive, by its base name.
 *
 * @param {Buffer} tgz
 * @param {string} baseName
 * @returns {Buffer | undefined}
 */
export function fileOfTarGz(tgz, baseName) {
  const tar = gunzipSync(tgz, { maxOutputLength: MAX_BYTES });
  const text = (from, length) => tar.toString('utf8', from, from + length).split('\0')[0];
  for (let at = 0; at + 512 <= tar.length && tar[at] !== 0;) {
    const size = Number.parseInt(text(at + 124, 12).trim(), 8);
    const isFile = ['0', ''].includes(text(at + 156, 1));
    if (isFile && text(at, 100).split('/').pop() === baseName) return tar.subarray(at + 512, at + 512 + size);
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return undefined;
}
