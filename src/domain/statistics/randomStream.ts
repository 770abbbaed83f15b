/** A stream of numbers in [0, 1) that depends on its seed alone. */
export type RandomStream = () => number;

/**
 * xoshiro128** (Blackman and Vigna 2018), seeded from a text by a hash. The text is made of digests of what is
 * computed, so that the same evidence gives the same intervals everywhere.
 *
 * @example randomStream('sha256:…')() // always the same number
 */
export const randomStream = (seed: string): RandomStream => {
  let [a, b, c, d] = spread(seed);
  return () => {
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9);
    const carried = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= carried;
    d = rotate(d, 11);
    return (result >>> 0) / 4_294_967_296;
  };
};

const rotate = (value: number, bits: number): number => (value << bits) | (value >>> (32 - bits));

/** Four words of a text (cyrb128), never all zero. */
const spread = (text: string): [number, number, number, number] => {
  let [a, b, c, d] = [1_779_033_703, 3_144_134_277, 1_013_904_242, 2_773_480_762];
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    a = b ^ Math.imul(a ^ code, 597_399_067);
    b = c ^ Math.imul(b ^ code, 2_869_860_233);
    c = d ^ Math.imul(c ^ code, 951_274_213);
    d = a ^ Math.imul(d ^ code, 2_716_044_179);
  }
  a = Math.imul(c ^ (a >>> 18), 597_399_067);
  b = Math.imul(d ^ (b >>> 22), 2_869_860_233);
  c = Math.imul(a ^ (c >>> 17), 951_274_213);
  d = Math.imul(b ^ (d >>> 19), 2_716_044_179);
  a ^= b ^ c ^ d;
  return [a, b ^ a, c ^ a, (d ^ a) | 1];
};
