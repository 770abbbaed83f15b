import { BYTES, Malformed, walk } from './wire.js';

/** Field `raw_input_contents` of ModelInferRequest. */
const RAW = 7;
const MOST_FIELDS = 1_024;

/**
 * Bytes of a ModelInferRequest that have to be read one after the other: all but those of raw tensors, which are taken as they are.
 * Looks at so many fields and no further: what comes after them counts as to be read.
 */
export const bytesToRead = (message: Uint8Array): number => {
  let bytes = message.length;
  let fields = 0;
  try {
    walk(message, 0, message.length, (field, wire, start, end) => {
      fields += 1;
      if (fields > MOST_FIELDS) throw new Malformed('it has many fields');
      if (field === RAW && wire === BYTES) bytes -= end - start;
    });
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
  }
  return bytes;
};
