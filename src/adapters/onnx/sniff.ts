import { open } from 'node:fs/promises';
import { SlipwayError } from '../../domain/errors/slipwayError.js';

/** First bytes of formats that are refused by name: what they can do when loaded is more than predict. */
const FORMATS: readonly { readonly name: string; readonly matches: (head: Buffer) => boolean }[] = [
  { name: 'a Python pickle', matches: (head) => head[0] === 0x80 && (head[1] ?? 9) <= 5 },
  {
    name: 'a zip archive (PyTorch, Keras or joblib files are such)',
    matches: (head) => head.subarray(0, 2).toString('latin1') === 'PK',
  },
  { name: 'an HDF5 file', matches: (head) => head.subarray(1, 4).toString('latin1') === 'HDF' },
  { name: 'a gzip archive', matches: (head) => head[0] === 0x1f && head[1] === 0x8b },
  {
    name: 'a program',
    matches: (head) =>
      head.subarray(1, 4).toString('latin1') === 'ELF' || head.subarray(0, 2).toString('latin1') === '#!',
  },
  {
    name: 'text',
    matches: (head) =>
      head.length > 0 && head.every((byte) => byte === 9 || byte === 10 || byte === 13 || (byte >= 32 && byte < 127)),
  },
];

/** Refuses a file that is plainly no ONNX before anything tries to load it, whatever its name says. */
export const refuseForeignFormats = async (path: string): Promise<void> => {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(64), 0, 64, 0);
    const head = buffer.subarray(0, bytesRead);
    const format = FORMATS.find((candidate) => candidate.matches(head));
    if (bytesRead === 0) throw new SlipwayError('model_invalid', 'the model file is empty');
    if (format !== undefined) throw new SlipwayError('model_invalid', `the model file is ${format.name}, not ONNX`);
  } finally {
    await file.close();
  }
};
