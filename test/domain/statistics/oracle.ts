import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

interface Histograms {
  readonly name: string;
  readonly reference: readonly number[];
  readonly current: readonly number[];
  readonly jensenShannon: number;
  readonly psi: number;
  readonly largestDifference: number;
}

interface Oracle {
  readonly binary: readonly {
    readonly name: string;
    readonly predictions: readonly number[];
    readonly labels: readonly number[];
    readonly expected: Readonly<Record<string, number>>;
  }[];
  readonly normal: readonly { readonly x: number; readonly cdf: number }[];
  readonly normalQuantile: readonly { readonly p: number; readonly x: number }[];
  readonly student: readonly { readonly t: number; readonly degrees: number; readonly cdf: number }[];
  readonly studentQuantile: readonly { readonly p: number; readonly degrees: number; readonly t: number }[];
  readonly chiSquare: readonly {
    readonly x: number;
    readonly degrees: number;
    readonly cdf: number;
    readonly tail: number;
  }[];
  readonly chiSquareQuantile: readonly { readonly p: number; readonly degrees: number; readonly x: number }[];
  readonly fisher: readonly {
    readonly x: number;
    readonly above: number;
    readonly below: number;
    readonly tail: number;
  }[];
  readonly histograms: readonly Histograms[];
  readonly contingency: readonly {
    readonly name: string;
    readonly first: readonly number[];
    readonly second: readonly number[];
    readonly statistic: number;
    readonly degrees: number;
    readonly pValue: number;
  }[];
  readonly benjaminiHochberg: readonly { readonly p: readonly number[]; readonly adjusted: readonly number[] }[];
  readonly samples: readonly {
    readonly name: string;
    readonly reference: readonly number[];
    readonly current: readonly number[];
    readonly ks: number;
    readonly pValue: number;
    readonly wasserstein: number;
  }[];
  readonly wilson: readonly {
    readonly count: number;
    readonly total: number;
    readonly alpha: number;
    readonly interval: readonly [number, number];
  }[];
  readonly kolmogorovTail: readonly { readonly n: number; readonly d: number; readonly tail: number }[];
}

/** The repository's root: the tests run from `dist`, the numbers stay where they were made. */
const FILE = 'test/fixtures/oracles/statistics.json';

export const oracle = JSON.parse(readFileSync(FILE, 'utf8')) as Oracle;

/** 1e-9 absolute, and 1e-6 relative where the number is smaller than 1e-12. */
export const assertMatches = (actual: number | undefined, expected: number, what: string): void => {
  const limit = expected !== 0 && Math.abs(expected) < 1e-12 ? Math.abs(expected) * 1e-6 : 1e-9;
  const difference = Math.abs((actual ?? Number.NaN) - expected);
  assert.ok(difference <= limit, `${what}: ${actual} is ${difference} from the oracle's ${expected}`);
};
