import type { Decoded } from './decodeJson.js';
import { allocate, ELEMENT_BYTES, type Datatype, type TensorData } from './tensors.js';

const UTF8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Data of a tensor in the binary form of the protocol's `binary_tensor_data` extension: little-endian, row-major;
 * each element of BYTES has its length before it, four bytes.
 *
 * @param count elements that the shape has
 */
export const decodeBinary = (datatype: Datatype, count: number, bytes: Uint8Array): Decoded => {
  if (datatype === 'BYTES') return texts(count, bytes);
  const expected = count * ELEMENT_BYTES[datatype];
  if (bytes.length !== expected) {
    return { ok: false, reason: `has ${bytes.length} bytes of binary data, its shape and datatype ${expected}` };
  }
  const data = allocate(datatype, count) as Exclude<TensorData, string[]>;
  // A copy: the bytes of a request may begin anywhere, typed arrays only at multiples of their elements.
  new Uint8Array(data.buffer, 0, expected).set(bytes);
  return datatype === 'BOOL' ? booleans(data as Uint8Array) : { ok: true, data };
};

/** A model that is given a boolean of 2 may do anything. */
const booleans = (data: Uint8Array): Decoded => {
  const wrong = data.findIndex((value) => value > 1);
  return wrong < 0 ? { ok: true, data } : { ok: false, reason: `value ${wrong} is no boolean` };
};

const texts = (count: number, bytes: Uint8Array): Decoded => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data: string[] = [];
  let at = 0;
  while (at + 4 <= bytes.length && data.length < count) {
    const length = view.getUint32(at, true);
    if (at + 4 + length > bytes.length) break;
    try {
      data.push(UTF8.decode(bytes.subarray(at + 4, at + 4 + length)));
    } catch {
      return { ok: false, reason: `value ${data.length} is no UTF-8 text` };
    }
    at += 4 + length;
  }
  return data.length === count && at === bytes.length
    ? { ok: true, data }
    : { ok: false, reason: `has binary data that does not hold ${count} values` };
};
