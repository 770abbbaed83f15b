import { CLOSE, COMMA, JsonNumbers, OPEN, skipSpace } from './readNumbers.js';
import { textOf } from './utf8.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const KEY = [0x22, 0x64, 0x61, 0x74, 0x61, 0x22];

/**
 * A request in JSON with the numbers of its tensors left in the bytes: `data` of an input is where they are, for `readNumbers`.
 * What is in them is not looked at here, so who cannot read them must read the whole as JSON. Undefined where there are none, or
 * where it is not certain that the rest means the same without them.
 */
export const liftNumbers = (json: Uint8Array): unknown => {
  // Without escapes every quotation mark begins or ends a text, and "data" is written in one way.
  if (json.includes(BACKSLASH)) return undefined;
  const arrays: JsonNumbers[] = [];
  let rest = '';
  let copied = 0;
  for (let quote = json.indexOf(QUOTE); quote >= 0;) {
    const place = placeOf(json, quote);
    if (place.kind === 'odd') return undefined;
    if (place.kind === 'none') {
      quote = json.indexOf(QUOTE, quote + 1);
      continue;
    }
    // The space keeps the number of the array apart from whatever follows it.
    rest += `${textOf(json.subarray(copied, place.from))}${arrays.length} `;
    arrays.push(new JsonNumbers(json, place.from, place.until));
    copied = place.until;
    quote = json.indexOf(QUOTE, copied);
  }
  if (arrays.length === 0) return undefined;
  return putBack(rest + textOf(json.subarray(copied)), arrays);
};

type Place =
  | { readonly kind: 'none' }
  /** `data` is something else than an array. */
  | { readonly kind: 'odd' }
  | { readonly kind: 'numbers'; readonly from: number; readonly until: number };

const NONE: Place = { kind: 'none' };
const ODD: Place = { kind: 'odd' };

/** The array of numbers after a key `"data"` that begins here. */
const placeOf = (json: Uint8Array, quote: number): Place => {
  for (let index = 1; index < KEY.length; index += 1) if (json[quote + index] !== KEY[index]) return NONE;
  const colon = skipSpace(json, quote + KEY.length);
  if (json[colon] !== COLON) return NONE;
  const from = skipSpace(json, colon + 1);
  if (json[from] !== OPEN) return ODD;
  let depth = 0;
  let at = from;
  while (json[at] === OPEN) {
    depth += 1;
    at = skipSpace(json, at + 1);
  }
  // Texts stay where they are, and so does what is empty.
  if (!beginsNumber(json[at])) return NONE;
  const until = endOf(json, at, depth);
  return until < 0 ? ODD : { kind: 'numbers', from, until };
};

/** After the last of `depth` brackets; the search for the next one is native, and rows are long. */
const endOf = (json: Uint8Array, within: number, depth: number): number => {
  let open = depth;
  let at = within;
  for (;;) {
    at = json.indexOf(CLOSE, at);
    if (at < 0) return -1;
    for (; json[at] === CLOSE; at = skipSpace(json, at + 1)) {
      open -= 1;
      if (open === 0) return at + 1;
    }
    if (json[at] !== COMMA) return -1;
    at = skipSpace(json, at + 1);
    for (; json[at] === OPEN; at = skipSpace(json, at + 1)) open += 1;
  }
};

const beginsNumber = (byte: number | undefined): boolean =>
  byte !== undefined && ((byte >= 0x30 && byte <= 0x39) || byte === 0x2d || byte === 0x6e || byte === 0x4e);

/** Each array to the input that it belongs to. One that belongs to none, such as the first of two, would never be looked at. */
const putBack = (rest: string, arrays: readonly JsonNumbers[]): unknown => {
  let body: { inputs?: unknown } | null;
  try {
    body = JSON.parse(rest) as { inputs?: unknown } | null;
  } catch {
    return undefined;
  }
  if (typeof body !== 'object' || !Array.isArray(body?.inputs)) return undefined;
  let placed = 0;
  for (const input of body.inputs as ({ data?: unknown } | null)[]) {
    if (typeof input !== 'object' || input === null || typeof input.data !== 'number') continue;
    const array = arrays[input.data];
    if (array === undefined) return undefined;
    input.data = array;
    placed += 1;
  }
  return placed === arrays.length ? body : undefined;
};
