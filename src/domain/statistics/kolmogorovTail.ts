import { logGamma } from './gamma.js';

/**
 * P(D_n > d) of Kolmogorov's two-sided one-sample statistic: exact in the tails and in the body of small samples, an
 * expansion of order n^-2 in the body of large ones.
 *
 * @param n rows, from 1
 * Source: Simard and L'Ecuyer 2011. Oracle: scipy.stats.kstwo.sf.
 */
export const kolmogorovTail = (n: number, d: number): number => {
  const steps = n * d;
  if (!(n >= 1) || Number.isNaN(d)) return Number.NaN;
  if (steps <= 0.5) return 1;
  if (d >= 1) return 0;
  const square = steps * d;
  if (square >= 370) return 0;
  if (d >= 0.5 || square >= (n <= 140 ? 4 : 2.2)) return Math.min(1, 2 * oneSidedTail(n, d));
  const body = n <= 140 || (n <= 100_000 && n * d ** 1.5 <= 1.4) ? durbin(n, d) : pelzGood(n, d);
  return Math.min(1, Math.max(0, 1 - body));
};

/** P(D_n+ >= d), Smirnov's sum; every term is positive. */
const oneSidedTail = (n: number, d: number): number => {
  const whole = logGamma(n + 1);
  let sum = 0;
  for (let j = 0; j <= Math.floor(n * (1 - d)); j += 1) {
    const rest = 1 - d - j / n;
    if (rest <= 0) break;
    const chosen = whole - logGamma(j + 1) - logGamma(n - j + 1);
    sum += Math.exp(chosen + (j - 1) * Math.log(d + j / n) + (n - j) * Math.log(rest));
  }
  return d * sum;
};

/** P(D_n < d) by powers of Durbin's matrix (Marsaglia, Tsang and Wang 2003), scaled against overflow. */
const durbin = (n: number, d: number): number => {
  const k = Math.ceil(n * d);
  let scale = 0;
  let power = durbinMatrix(k, k - n * d);
  let powerScale = 0;
  let result: Matrix | undefined;
  for (let left = n; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) {
      result = result === undefined ? power : multiply(result, power);
      scale += powerScale;
    }
    power = multiply(power, power);
    powerScale *= 2;
    if ((power[k - 1]?.[k - 1] ?? 0) > 1e100) {
      power = power.map((row) => row.map((value) => value * 1e-100));
      powerScale += 1;
    }
  }
  let value = result?.[k - 1]?.[k - 1] ?? 0;
  for (let factor = 1; factor <= n; factor += 1) {
    value = (value * factor) / n;
    if (value < 1e-100) {
      value *= 1e100;
      scale -= 1;
    }
  }
  return value * 10 ** (100 * scale);
};

type Matrix = readonly (readonly number[])[];

const durbinMatrix = (k: number, h: number): Matrix => {
  const size = 2 * k - 1;
  const factorial = (count: number): number => Math.exp(logGamma(count + 1));
  return Array.from({ length: size }, (_, i) =>
    Array.from({ length: size }, (__, j) => {
      if (j - i > 1) return 0;
      const corner = i === size - 1 && j === 0;
      let value = 1;
      if (j === 0) value -= h ** (i + 1);
      if (i === size - 1) value -= h ** (size - j);
      if (corner && h > 0.5) value += (2 * h - 1) ** size;
      return value / factorial(i - j + 1);
    }),
  );
};

const multiply = (a: Matrix, b: Matrix): Matrix =>
  a.map((row) => {
    const product = new Array<number>(row.length).fill(0);
    for (const [inner, factor] of row.entries()) {
      if (factor === 0) continue;
      const other = b[inner] ?? [];
      for (let column = 0; column < product.length; column += 1) {
        product[column] = (product[column] ?? 0) + factor * (other[column] ?? 0);
      }
    }
    return product;
  });

/** P(D_n <= d) as K0 + K1 / n^(1/2) + K2 / n + K3 / n^(3/2) of z = d n^(1/2) (Pelz and Good 1976). */
const pelzGood = (n: number, d: number): number => {
  const z = d * Math.sqrt(n);
  const pi2 = Math.PI ** 2;
  const root = Math.sqrt(2 * Math.PI);
  const k = [0, 0, 0, 0];
  const add = (order: number, value: number): void => {
    k[order] = (k[order] ?? 0) + value;
  };
  for (let i = 0; i < 20; i += 1) {
    const odd = (2 * i + 1) ** 2;
    const e = Math.exp((-pi2 * odd) / (8 * z ** 2));
    add(0, e);
    add(1, (-(z ** 2) + (pi2 / 4) * odd) * e);
    add(
      2,
      (6 * z ** 6 +
        2 * z ** 4 +
        (pi2 / 4) * (2 * z ** 4 - 5 * z ** 2) * odd +
        ((pi2 ** 2 * (1 - 2 * z ** 2)) / 16) * odd ** 2) *
        e,
    );
    add(
      3,
      (-30 * z ** 6 -
        90 * z ** 8 +
        (pi2 / 4) * (135 * z ** 4 - 96 * z ** 6) * odd +
        (pi2 ** 2 / 16) * (212 * z ** 4 - 60 * z ** 2) * odd ** 2 +
        (pi2 ** 3 / 64) * (5 - 30 * z ** 2) * odd ** 3) *
        e,
    );
  }
  let even2 = 0;
  let even3 = 0;
  for (let i = 1; i < 20; i += 1) {
    const e = Math.exp((-pi2 * i ** 2) / (2 * z ** 2));
    even2 += pi2 * i ** 2 * e;
    even3 += (3 * pi2 * i ** 2 * z ** 2 - pi2 ** 2 * i ** 4) * e;
  }
  const [k0 = 0, k1 = 0, k2 = 0, k3 = 0] = k;
  return (
    (root / z) * k0 +
    ((root / (6 * z ** 4)) * k1) / Math.sqrt(n) +
    ((root / (72 * z ** 7)) * k2 - (root / (36 * z ** 3)) * even2) / n +
    ((root / (6480 * z ** 10)) * k3 + (root / (216 * z ** 6)) * even3) / n ** 1.5
  );
};
