import { createWriteStream, mkdirSync, renameSync, statSync, type WriteStream } from 'node:fs';
import { join } from 'node:path';

const MAX_BYTES = 16 * 1024 * 1024;

export interface RotatingLog {
  write(chunk: Uint8Array): void;
  end(): void;
}

/** Appends to `<name>.log` in a folder, mode 0600; one that has grown too large becomes `<name>.log.1`, which is replaced. */
export const openRotatingLog = (folder: string, name: string, maxBytes = MAX_BYTES): RotatingLog => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `${name}.log`);
  let bytes = sizeOf(path);
  let stream = open(path);
  return {
    write: (chunk) => {
      if (bytes > 0 && bytes + chunk.byteLength > maxBytes) {
        stream.end();
        renameSync(path, `${path}.1`);
        stream = open(path);
        bytes = 0;
      }
      bytes += chunk.byteLength;
      stream.write(chunk);
    },
    end: () => void stream.end(),
  };
};

const open = (path: string): WriteStream =>
  // A disk without room must not end the supervisor: what cannot be written is lost, the process goes on.
  createWriteStream(path, { flags: 'a', mode: 0o600 }).on('error', () => undefined);

const sizeOf = (path: string): number => {
  try {
    return statSync(path).size;
  } catch {
    return 0;
  }
};
