import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the command line reads of dev.json. */
export interface DevState {
  readonly processes: readonly {
    readonly name: string;
    /** 0 while it is being started again. */
    readonly pid: number;
    readonly url?: string;
    readonly socket?: string;
    /** gRPC of Temporal. */
    readonly address?: string;
  }[];
}

/** Undefined where no installation runs (or ran, and was killed) in this home. */
export const readDevState = (home: string): DevState | undefined => {
  try {
    return JSON.parse(readFileSync(join(home, 'dev.json'), 'utf8')) as DevState;
  } catch {
    return undefined;
  }
};
