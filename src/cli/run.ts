import type { Cli } from './context.js';

/** Wraps a command's action: gives it its surroundings, and turns its errors and results into exit codes. */
export type Run = (
  action: (cli: Cli, ...words: never[]) => Promise<number | void>,
  // Commander gives what the command's own words are; each action says which it takes.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
) => (...words: any[]) => Promise<void>;
