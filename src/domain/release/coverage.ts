import { xmlTags } from './xmlTags.js';

export interface CoverageSummary {
  /** Share of lines that tests ran, 0 to 1. */
  readonly lineRate: number;
  readonly lines?: number;
}

/** Reads the share of covered lines out of an lcov or a Cobertura report; undefined where it is neither, or counts nothing. */
export const summariseCoverage = (text: string): CoverageSummary | undefined =>
  /^\s*</.test(text) ? cobertura(text) : lcov(text);

const lcov = (text: string): CoverageSummary | undefined => {
  const sum = { LF: 0, LH: 0 };
  for (const [, key, count] of text.matchAll(/^(LF|LH):(\d+)[ \t\r]*$/gm)) sum[key as 'LF' | 'LH'] += Number(count);
  return sum.LF > 0 && sum.LH <= sum.LF && Number.isSafeInteger(sum.LF)
    ? { lineRate: sum.LH / sum.LF, lines: sum.LF }
    : undefined;
};

const cobertura = (text: string): CoverageSummary | undefined => {
  const [element] = xmlTags(text, ['coverage']);
  // Not Number(''), which is 0.
  const attribute = (name: string): number => Number.parseFloat(element?.attributes[name] ?? '');
  const [rate, lines] = [attribute('line-rate'), attribute('lines-valid')];
  if (!(rate >= 0 && rate <= 1)) return undefined;
  return { lineRate: rate, ...(Number.isSafeInteger(lines) && lines > 0 ? { lines } : {}) };
};
