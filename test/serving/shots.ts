import { inferBody } from '../fixtures/inferRequests.js';

/** A request that was right once. */
export interface Shot {
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Random {
  next(): number;
  /** A whole number from 0 on. */
  below(limit: number): number;
}

/** mulberry32 */
export const stream = (seed: number): Random => {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  return { next, below: (limit) => Math.floor(next() * limit) };
};

const VALUES = [
  'null',
  '1e400',
  '-0',
  '"7"',
  '[]',
  '{}',
  'true',
  '1e39',
  '9007199254740993',
  'NaN',
  '-Infinity',
  '""',
  '"\\ud800"',
  '[[[[1]]]]',
  '-1',
];

const TYPES = ['application/json', 'application/octet-stream', 'text/plain', 'application/json; charset=utf-8'];
const SHAPES = ['[1000000000,1]', '[1]', '[]', '[-1,1]', '[1,1,1]', '[1e308,1]', '[0,1]', '"x"', '[1,null]'];

/** A value, a byte, a length, a shape, a type, or a header of the request is not what it was. */
export const mutate = (random: Random): Shot => {
  const rows = Array.from({ length: 1 + random.below(4) }, (_, row) => ({ hour: row, distance: row, origin: 'a' }));
  const good = inferBody(rows);
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  switch (random.below(8)) {
    case 0: {
      const value = VALUES[random.below(VALUES.length)]!;
      const places = [...good.matchAll(/\d+|"[A-Z0-9a-z]+"|\[\d/g)];
      const place = places[random.below(places.length)]!;
      return {
        headers,
        body: Buffer.from(good.slice(0, place.index) + value + good.slice(place.index + place[0].length)),
      };
    }
    case 1: {
      const body = Buffer.from(good);
      for (let flips = 1 + random.below(8); flips > 0; flips -= 1) body[random.below(body.length)] = random.below(256);
      return { headers, body };
    }
    case 2:
      return { headers, body: Buffer.from(good).subarray(0, random.below(good.length)) };
    case 3: {
      const noise = Buffer.from(Array.from({ length: random.below(64) }, () => random.below(256)));
      const body = Buffer.concat([Buffer.from(good), noise]);
      return {
        headers: { ...headers, 'inference-header-content-length': String(random.below(2 * body.length) - 5) },
        body,
      };
    }
    case 4: {
      const binary = `"FP32","parameters":{"binary_data_size":${random.below(20)}},"x"`;
      const body = good.replace('"FP32","data"', binary) + 'x'.repeat(random.below(20));
      return {
        headers: { ...headers, 'inference-header-content-length': String(body.lastIndexOf('}') + 1) },
        body: Buffer.from(body),
      };
    }
    case 5: {
      const shape = SHAPES[random.below(SHAPES.length)]!;
      return { headers, body: Buffer.from(good.replace(/\[\d+,1\]/, shape)) };
    }
    case 6:
      return { headers: { 'content-type': TYPES[random.below(TYPES.length)]! }, body: Buffer.from(good) };
    default:
      return { headers, body: Buffer.from('['.repeat(random.below(5_000)) + good) };
  }
};
