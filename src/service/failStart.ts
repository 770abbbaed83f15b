import { SlipwayError } from '../domain/errors/slipwayError.js';
import { ERRORS } from '../domain/errors/table.js';

export type Service = 'api' | 'worker' | 'signer' | 'serving-node';

/** Ends a process whose start failed: one line that says what and what to do, and the exit code of the table. */
export const failStart = (service: Service, error: unknown): never => {
  const known =
    error instanceof SlipwayError ? error : new SlipwayError('internal', String(error), {}, { cause: error });
  const { action, exit } = ERRORS[known.code];
  const line = { level: 60, time: Date.now(), process: service, code: known.code, msg: known.message, action };
  const stack = known.code === 'internal' && error instanceof Error ? { stack: error.stack } : {};
  process.stderr.write(`${JSON.stringify({ ...line, ...stack })}\n`);
  process.exit(exit);
};
