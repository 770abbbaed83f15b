import { ERRORS, type ErrorCode } from './table.js';

/** An error of the table, with what happened this time. `details` is JSON-safe and free of secrets. */
export class SlipwayError extends Error {
  override readonly name = 'SlipwayError';

  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly details: Readonly<Record<string, unknown>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  get retryable(): boolean {
    return ERRORS[this.code].retryable;
  }
}
