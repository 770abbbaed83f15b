import { StringDecoder } from 'node:string_decoder';
import type { StageLog } from './stageLog.js';
import { maskOf } from './withoutSecrets.js';

const TAIL = 4 * 1024;

export interface MaskedLog {
  write(chunk: Uint8Array): void;
  /** Writes what was held back. */
  end(): void;
  /** The last of what was shown. */
  tail(): string;
}

/** A log that shows no secret, in whatever form a command prints it. Without secrets bytes go through as they are. */
export const maskedLog = (log: Pick<StageLog, 'write'>, secrets: readonly string[]): MaskedLog => {
  if (secrets.length === 0) return { write: (chunk) => log.write(chunk), end: () => undefined, tail: () => '' };
  const mask = maskOf(secrets);
  const decoder = new StringDecoder('utf8');
  let last = '';
  const show = (text: string): void => {
    if (text === '') return;
    last = (last + text).slice(-TAIL);
    log.write(Buffer.from(text));
  };
  return {
    write: (chunk) => show(mask.push(decoder.write(Buffer.from(chunk)))),
    end: () => {
      show(mask.push(decoder.end()));
      show(mask.end());
    },
    tail: () => last,
  };
};
