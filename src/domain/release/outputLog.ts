import { LOG_CAP_BYTES } from './logCap.js';

/** Passes the output of a command on until the cap, counts all of it, and remembers the end. */
export interface OutputLog {
  write(chunk: Uint8Array): void;
  /** As the result of the command says it. */
  summary(): {
    /** The last lines, at most 4 KiB. */
    readonly tail: string;
    readonly logBytes: number;
    readonly logCapped: boolean;
  };
}

const TAIL_BYTES = 4 * 1024;

export const createOutputLog = (onOutput: (chunk: Uint8Array) => void): OutputLog => {
  let bytes = 0;
  let last = new Uint8Array();
  return {
    write: (chunk) => {
      const room = LOG_CAP_BYTES - bytes;
      bytes += chunk.length;
      if (room > 0) onOutput(chunk.length <= room ? chunk : chunk.subarray(0, room));
      last = endOf(last, chunk);
    },
    summary: () => {
      const text = new TextDecoder().decode(last);
      const firstBreak = bytes > TAIL_BYTES ? text.indexOf('\n') : -1;
      return {
        tail: firstBreak >= 0 && firstBreak < text.length - 1 ? text.slice(firstBreak + 1) : text,
        logBytes: bytes,
        logCapped: bytes > LOG_CAP_BYTES,
      };
    },
  };
};

/** A copy: a chunk may be a view of a buffer that is used again. */
const endOf = (last: Uint8Array, chunk: Uint8Array): Uint8Array<ArrayBuffer> => {
  const joined = new Uint8Array(last.length + chunk.length);
  joined.set(last);
  joined.set(chunk, last.length);
  return joined.slice(-TAIL_BYTES);
};
