export interface CoverageSummary {
  /** Share of lines that tests ran, 0 to 1. */
  readonly lineRate: number;
  readonly lines?: number;
}

/** Reads the share of covered lines out of an lcov or a Cobertura report; undefined where it is neither, or counts nothing. */
export const summariseCoverage = (text: string): CoverageSummary | undefined =>
  /^\s*</.test(text) ? cobertura(text) : lcov(text);

const lcov = (text: string): CoverageSummary | undefined => {
  const sum = (key: string): number =>
    [...text.matchAll(new RegExp(`^${key}:(\\d+)\\s*$`, 'gm'))].reduce((total, [, count]) => total + Number(count), 0);
  const [lines, hit] = [sum('LF'), sum('LH')];
  return lines > 0 && hit <= lines ? { lineRate: hit / lines, lines } : undefined;
};

const cobertura = (text: string): CoverageSummary | undefined => {
  const element = /<coverage\b[^>]*>/.exec(text)?.[0] ?? '';
  const attribute = (name: string): number =>
    Number(new RegExp(`\\s${name}="([^"]*)"`).exec(element)?.[1] ?? Number.NaN);
  const [rate, lines] = [attribute('line-rate'), attribute('lines-valid')];
  if (!(rate >= 0 && rate <= 1)) return undefined;
  return { lineRate: rate, ...(lines > 0 ? { lines } : {}) };
};
