import type { StageLog } from './stageLog.js';

type Log = Pick<StageLog, 'write' | 'note'>;

/** One command under way, as the heartbeats of its activity tell it. */
export interface RunningCommand {
  readonly name: string;
  /** Of the step in this activity; absent where there is only one. */
  readonly attempt?: number;
  readonly since: string;
  readonly outputBytes: number;
  /** When it wrote last; absent while it has written nothing. */
  readonly lastOutput?: string;
  readonly lastLine?: string;
  /** Since it wrote last, or began. */
  readonly silentSeconds: number;
}

/** What runs now, and how far its output has come: a command that hangs looks different from one that works. */
export interface RunningCommands {
  /** Told with every heartbeat. */
  details(): { readonly running: readonly RunningCommand[] };
  /** Runs a command with a log that is watched on the way; secrets are masked in what comes there. */
  watch<T>(name: string, log: Log, run: (log: Log) => Promise<T>, attempt?: number): Promise<T>;
}

interface Watched {
  readonly name: string;
  readonly attempt?: number;
  readonly since: number;
  bytes: number;
  last?: number;
  tail: Buffer;
}

const TAIL_BYTES = 512;
const LINE_LENGTH = 120;

export const watchCommands = (now: () => number = Date.now): RunningCommands => {
  const running = new Set<Watched>();
  return {
    details: () => ({ running: [...running].map((one) => describe(one, now())) }),
    watch: async (name, log, run, attempt) => {
      const one: Watched = {
        ...{ name, since: now(), bytes: 0, tail: Buffer.alloc(0) },
        ...(attempt === undefined ? {} : { attempt }),
      };
      running.add(one);
      try {
        return await run({
          note: (line) => log.note(line),
          write: (chunk) => {
            one.bytes += chunk.length;
            one.last = now();
            one.tail = Buffer.concat([one.tail, chunk.subarray(-TAIL_BYTES)]).subarray(-TAIL_BYTES);
            log.write(chunk);
          },
        });
      } finally {
        running.delete(one);
      }
    },
  };
};

const describe = ({ name, attempt, since, bytes, last, tail }: Watched, at: number): RunningCommand => {
  const line = lastLineOf(tail);
  return {
    name,
    ...(attempt === undefined ? {} : { attempt }),
    since: new Date(since).toISOString(),
    outputBytes: bytes,
    ...(last === undefined ? {} : { lastOutput: new Date(last).toISOString() }),
    ...(line === undefined ? {} : { lastLine: line }),
    silentSeconds: Math.max(0, Math.floor((at - (last ?? since)) / 1000)),
  };
};

/** Progress bars write their line again behind a carriage return. */
const lastLineOf = (tail: Buffer): string | undefined =>
  tail
    .toString('utf8')
    .split(/[\r\n]+/)
    .map((line) => line.replace(/\p{C}/gu, '').trim())
    .filter((line) => line !== '')
    .at(-1)
    ?.slice(-LINE_LENGTH);
