import type { StageLog } from './stageLog.js';

const NEWLINE = 10;
/** A line longer than this is written in parts, so that one without an end cannot fill the memory. */
const MAX_LINE_BYTES = 64 * 1024;

export type LabelledLog = Pick<StageLog, 'write' | 'note'> & {
  /** Writes a last line that has no end. */
  close(): void;
};

/** The part of a log that one of several commands writes side by side: whole lines, each with its name before it. */
export const labelledLog = (log: StageLog, name: string): LabelledLog => {
  const label = Buffer.from(`${name} | `);
  let rest = Buffer.alloc(0);
  const line = (bytes: Uint8Array): void => log.write(Buffer.concat([label, bytes, Buffer.from('\n')]));
  const close = (): void => {
    if (rest.length > 0) line(rest);
    rest = Buffer.alloc(0);
  };
  return {
    // A line that was cut off ends before a note, which needs no line break of its own then.
    note: (text) => {
      close();
      log.note(`${name} | ${text.trimStart()}`);
    },
    write: (chunk) => {
      rest = Buffer.concat([rest, chunk]);
      for (;;) {
        const end = rest.indexOf(NEWLINE);
        if (end < 0 && rest.length < MAX_LINE_BYTES) return;
        const cut = end < 0 ? MAX_LINE_BYTES : end;
        line(rest.subarray(0, cut));
        rest = rest.subarray(end < 0 ? cut : cut + 1);
      }
    },
    close,
  };
};
