import type { TensorSpec } from '../artifact/types.js';
import type { FeatureSpec } from '../spec/types.js';
import { featureColumns, type FeatureColumn } from './featureColumns.js';
import { halfToNumber, numberToHalf } from './half.js';
import type { Tensor } from './tensors.js';

/** Rows of one request that have what slipway.yaml says a feature should not have; they are answered all the same. */
export interface FeatureWarning {
  readonly feature: string;
  readonly kind: 'below' | 'above' | 'unknown_category';
  readonly rows: number;
}

/** What is looked for in one feature of a request. */
export interface FeatureCheck extends FeatureColumn {
  /** As the tensor has them: 0.1 in FP32 is not below 0.1. */
  readonly least: number;
  readonly greatest: number;
  readonly categories: ReadonlySet<string> | undefined;
}

export interface CheckedFeatures {
  /** Why the request is refused; empty where it is not. */
  readonly refusals: readonly string[];
  readonly warnings: readonly FeatureWarning[];
}

/** Once per model; features of which nothing is asked are left out. */
export const planFeatureChecks = (
  features: readonly FeatureSpec[],
  inputs: readonly TensorSpec[],
): readonly FeatureCheck[] =>
  featureColumns(features, inputs).flatMap((place): readonly FeatureCheck[] => {
    const { feature, input } = place;
    const { min, max, categories } = feature;
    const unasked = min === undefined && max === undefined && categories === undefined;
    if (unasked && feature.missing !== 'refuse' && (feature.type !== 'number' || feature.infinite === 'allow'))
      return [];
    const rounded = roundingOf(inputs[input]!.datatype);
    return [
      {
        ...place,
        least: min === undefined ? -Infinity : rounded(min),
        greatest: max === undefined ? Infinity : rounded(max),
        categories: categories === undefined ? undefined : new Set(categories),
      },
    ];
  });

/** Looks at every value of a request once. */
export const checkFeatures = (checks: readonly FeatureCheck[], inputs: readonly Tensor[]): CheckedFeatures => {
  const refusals: string[] = [];
  const warnings: FeatureWarning[] = [];
  for (let index = 0; index < checks.length; index += 1) {
    const check = checks[index]!;
    const seen = look(check, inputs[check.input]!);
    const { name, missing, infinite } = check.feature;
    if (seen.missing >= 0 && missing === 'refuse') refusals.push(`${name}: row ${seen.missing} is missing`);
    if (seen.infinite >= 0 && infinite !== 'allow') refusals.push(`${name}: row ${seen.infinite} is infinite`);
    if (seen.below > 0) warnings.push({ feature: name, kind: 'below', rows: seen.below });
    if (seen.above > 0) warnings.push({ feature: name, kind: 'above', rows: seen.above });
    if (seen.unknown > 0) warnings.push({ feature: name, kind: 'unknown_category', rows: seen.unknown });
  }
  return { refusals, warnings };
};

/** `hour: 2 rows above 24; origin: 1 row of no known category` */
export const sayWarnings = (warnings: readonly FeatureWarning[], checks: readonly FeatureCheck[]): string =>
  warnings
    .map(({ feature, kind, rows }) => {
      const declared = checks.find((check) => check.feature.name === feature)?.feature;
      const what = {
        below: `below ${declared?.min}`,
        above: `above ${declared?.max}`,
        unknown_category: 'of no known category',
      };
      return `${feature}: ${rows} ${rows === 1 ? 'row' : 'rows'} ${what[kind]}`;
    })
    .join('; ');

/** Rows of each kind; of missing and infinite values the first row, or -1. */
interface Seen {
  missing: number;
  infinite: number;
  below: number;
  above: number;
  unknown: number;
}

const look = (check: FeatureCheck, { datatype, data, missing }: Tensor): Seen => {
  const seen: Seen = { missing: -1, infinite: -1, below: 0, above: 0, unknown: 0 };
  if (Array.isArray(data)) lookAtTexts(check, data, seen);
  else if (datatype === 'FP16') lookAtNumbers(check, Array.from(data as Uint16Array, halfToNumber), seen);
  else if (datatype === 'FP32' || datatype === 'FP64') lookAtNumbers(check, data as Float32Array, seen);
  else lookAtIntegers(check, data as Int32Array, missing, seen);
  return seen;
};

const lookAtNumbers = ({ column, width, least, greatest }: FeatureCheck, data: ArrayLike<number>, seen: Seen): void => {
  for (let at = column; at < data.length; at += width) {
    const value = data[at]!;
    if (value >= least && value <= greatest && value - value === 0) continue;
    if (Number.isNaN(value)) seen.missing = first(seen.missing, (at - column) / width);
    else {
      if (!Number.isFinite(value)) seen.infinite = first(seen.infinite, (at - column) / width);
      if (value < least) seen.below += 1;
      if (value > greatest) seen.above += 1;
    }
  }
};

const lookAtIntegers = (
  { column, width, least, greatest }: FeatureCheck,
  data: ArrayLike<number | bigint>,
  missing: readonly number[] | undefined,
  seen: Seen,
): void => {
  const absent = missing === undefined ? undefined : new Set(missing);
  for (let at = column; at < data.length; at += width) {
    if (absent?.has(at) === true) seen.missing = first(seen.missing, (at - column) / width);
    else if (data[at]! < least) seen.below += 1;
    else if (data[at]! > greatest) seen.above += 1;
  }
};

const lookAtTexts = ({ column, width, categories }: FeatureCheck, data: readonly string[], seen: Seen): void => {
  for (let at = column; at < data.length; at += width) {
    const text = data[at]!;
    if (text === '') seen.missing = first(seen.missing, (at - column) / width);
    else if (categories?.has(text) === false) seen.unknown += 1;
  }
};

const first = (known: number, row: number): number => (known < 0 ? row : known);

const roundingOf = (datatype: string): ((value: number) => number) => {
  if (datatype === 'FP32') return Math.fround;
  return datatype === 'FP16' ? (value) => halfToNumber(numberToHalf(value)) : (value) => value;
};
