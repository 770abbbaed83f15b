/** Greatest number that FP16 has. */
export const MAX_HALF = 65_504;

/** The number that the bits of an FP16 stand for (IEEE 754 binary16). */
export const halfToNumber = (bits: number): number => {
  const sign = (bits & 0x8000) === 0 ? 1 : -1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
};

/** Bits of the nearest FP16, ties to even; infinity where the number is beyond all of them. */
export const numberToHalf = (value: number): number => {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size >= MAX_HALF + 16) return sign | 0x7c00;
  // Numbers below 2^-14 have the same steps of 2^-24 as the last that has an exponent of its own.
  const exponent = Math.max(Math.floor(Math.log2(size)), -14);
  const steps = roundToEven(size / 2 ** (exponent - 10));
  // A carry runs into the exponent, as it should: the bits of the next power of two follow those of this one.
  return sign | (steps + (exponent + 14) * 1024);
};

const roundToEven = (value: number): number => {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
};
