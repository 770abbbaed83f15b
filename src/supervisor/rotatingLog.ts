import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
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
  let file = openSync(path, 'a', 0o600);
  let bytes = fstatSync(file).size;
  const rotate = (): void => {
    renameSync(path, `${path}.1`);
    closeSync(file);
    file = openSync(path, 'a', 0o600);
    bytes = 0;
  };
  return {
    write: (chunk) => {
      try {
        if (bytes > 0 && bytes + chunk.byteLength > maxBytes) rotate();
        bytes += writeSync(file, chunk);
      } catch {
        // A disk without room must not end the supervisor: what cannot be written is lost, the process goes on.
      }
    },
    end: () => closeSync(file),
  };
};
