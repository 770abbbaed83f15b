import type { Cli } from './context.js';

/** Wraps a command's action: gives it its surroundings, and turns its errors and results into exit codes. */
export type Run = (
  action: (cli: Cli, ...words: never[]) => Promise<number | void>,
) => (...words: never[]) => Promise<void>;
