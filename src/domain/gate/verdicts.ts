import type { RulePart, RuleResult, Verdict } from './types.js';

/** The worst first: what a reader should hear of before anything else. What is skipped says nothing. */
const ORDER: readonly Verdict[] = ['error', 'fail', 'inconclusive', 'insufficient_data', 'pass'];

/** Undefined where all were skipped. */
export const worstVerdict = (judged: readonly { readonly verdict: Verdict | 'skipped' }[]): Verdict | undefined =>
  ORDER.find((verdict) => judged.some((one) => one.verdict === verdict));

const WORDS: Readonly<Record<Verdict, string>> = {
  error: 'cannot be judged',
  fail: 'fail',
  inconclusive: 'are inconclusive',
  insufficient_data: 'have too little data',
  pass: 'pass',
};

/**
 * One rule's result from its parts: the worst of them, and a sentence for every part that does not pass. A rule of
 * which nothing was judged has too little data.
 */
export const combineParts = (rule: string, what: string, parts: readonly RulePart[]): RuleResult => {
  const verdict = worstVerdict(parts) ?? 'insufficient_data';
  const judged = parts.filter((part) => part.verdict !== 'skipped');
  const bad = judged.filter((part) => part.verdict !== 'pass');
  const counts = ORDER.flatMap((one) => {
    const count = judged.filter((part) => part.verdict === one).length;
    return one === 'pass' || count === 0 ? [] : [`${count} of ${judged.length} ${what} ${WORDS[one]}`];
  });
  const reason =
    judged.length === 0
      ? `none of ${parts.length} ${what} could be judged`
      : bad.length === 0
        ? `all ${judged.length} ${what} pass`
        : `${counts.join(', ')}: ${bad.map((part) => part.reason).join('; ')}`;
  return { rule, verdict, reason, parts };
};

/** Evidence holds only numbers: what is none is told in the reason, and left out where a number would stand. */
export const onlyNumbers = (result: RuleResult): RuleResult => ({
  ...finite(result),
  ...(result.parts === undefined ? {} : { parts: result.parts.map(finite) }),
});

const finite = <T extends RulePart | RuleResult>(judged: T): T => {
  const { observed, interval, ...same } = judged;
  return {
    ...same,
    ...(observed === undefined || !Number.isFinite(observed) ? {} : { observed }),
    ...(interval === undefined || !interval.every(Number.isFinite) ? {} : { interval }),
  } as T;
};

/** Limits of a value that is a plain number. */
export interface Limits {
  readonly min?: number;
  readonly max?: number;
}

export const showLimits = ({ min, max }: Limits): string =>
  [...(min === undefined ? [] : [`>= ${min}`]), ...(max === undefined ? [] : [`<= ${max}`])].join(' and ');

/** What of the limits a value breaks; empty where it keeps them. */
export const beyondLimits = (value: number, { min, max }: Limits): string =>
  [
    ...(min !== undefined && value < min ? [`below ${min}`] : []),
    ...(max !== undefined && value > max ? [`above ${max}`] : []),
  ].join(' and ');

/** Limits that hold something back: at least one, and all of them numbers. */
export const areUsable = ({ min, max }: Limits): boolean => {
  const limits = [min, max].filter((limit) => limit !== undefined);
  return limits.length > 0 && limits.every(Number.isFinite);
};

export const short = (value: number): string => String(Number(value.toPrecision(4)));

export const percent = (share: number): string => `${Number((share * 100).toPrecision(3))} %`;
