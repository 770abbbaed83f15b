import { LOG_CAP_BYTES } from '../../domain/release/logCap.js';

/** Passes output on until the cap, counts all of it, and remembers the end. */
export interface OutputLog {
  write(chunk: Uint8Array): void;
  readonly bytes: number;
  readonly capped: boolean;
  /** The last lines, at most 4 KiB. */
  tail(): string;
}

const TAIL_BYTES = 4 * 1024;

export const createOutputLog = (onOutput: (chunk: Uint8Array) => void): OutputLog => {
  let bytes = 0;
  let last: Buffer = Buffer.alloc(0);
  return {
    write: (chunk) => {
      const room = LOG_CAP_BYTES - bytes;
      bytes += chunk.length;
      if (room > 0) onOutput(chunk.length <= room ? chunk : chunk.subarray(0, room));
      last =
        chunk.length >= TAIL_BYTES
          ? Buffer.from(chunk.subarray(-TAIL_BYTES))
          : Buffer.concat([last, chunk]).subarray(-TAIL_BYTES);
    },
    get bytes() {
      return bytes;
    },
    get capped() {
      return bytes > LOG_CAP_BYTES;
    },
    tail: () => {
      const text = last.toString('utf8');
      if (bytes <= TAIL_BYTES) return text;
      const firstBreak = text.indexOf('\n');
      return firstBreak >= 0 && firstBreak < text.length - 1 ? text.slice(firstBreak + 1) : text;
    },
  };
};
