import { SlipwayError } from '../src/domain/errors/slipwayError.js';

/** What a target is not told, whoever asks. */
export const unauthorised = (reason: string, details: Readonly<Record<string, unknown>>): SlipwayError =>
  new SlipwayError('deployment_unauthorised', reason, details);
