import type { FeatureCheck } from './checkFeatures.js';
import { liftNumbers } from './liftNumbers.js';
import { parseJson } from './parseJson.js';
import { readRequest, type ModelTensors, type ReadRequest } from './readRequest.js';
import { textOf } from './utf8.js';

/** Below, JSON.parse is done before the numbers are found. */
const WORTH_LIFTING = 2_048;

/**
 * A request out of its bytes. Numbers of floating-point tensors are read where they are; what cannot be taken that way is read as
 * JSON from the start, so that a refusal is the same whichever way was tried first.
 */
export const readJsonRequest = (
  json: Uint8Array,
  binary: Uint8Array,
  model: ModelTensors,
  maxRows: number,
  checks: readonly FeatureCheck[],
): ReadRequest => {
  if (json.length >= WORTH_LIFTING) {
    const quick = liftNumbers(json);
    const read = quick === undefined ? undefined : readRequest(quick, binary, model, maxRows, checks);
    if (read?.kind === 'request') return read;
  }
  let body: unknown;
  try {
    body = parseJson(textOf(json));
  } catch (error) {
    return {
      kind: 'refused',
      reason: `the body is no JSON: ${error instanceof Error ? error.message.slice(0, 200) : ''}`,
    };
  }
  return readRequest(body, binary, model, maxRows, checks);
};
