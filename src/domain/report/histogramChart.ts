import { isJudged } from '../drift/isJudged.js';
import { escapeHtml, type Html } from './html.js';

export interface HistogramPair {
  readonly name: string;
  /** Counts per bin, reference and current in the same bins. */
  readonly reference: readonly number[];
  readonly current: readonly number[];
  readonly labels: readonly string[];
}

const WIDTH = 200;
const HEIGHT = 64;
const MAX_BINS = 60;

/**
 * Two histograms over the same bins as shares of their rows: the reference as an outline, current as filled bars, so
 * that shape, and not colour alone, tells them apart. The title names the bin that moved most, for those who cannot
 * see it. An empty pair is drawn as an empty field.
 */
export const histogramChart = (pair: HistogramPair): Html => {
  const bins = Math.min(MAX_BINS, Math.max(pair.reference.length, pair.current.length));
  const reference = shares(pair.reference, bins);
  const current = shares(pair.current, bins);
  const highest = Math.max(1e-12, ...reference, ...current);
  const width = WIDTH / Math.max(1, bins);
  const bars = current.map((share, bin) => {
    const tall = round((share / highest) * HEIGHT);
    return `<rect x="${round(bin * width + width * 0.15)}" y="${round(HEIGHT - tall)}" width="${round(width * 0.7)}" height="${tall}" class="now"><title>${escapeHtml(describeBin(pair, bin, reference, current))}</title></rect>`;
  });
  const outline = reference
    .map(
      (share, bin) =>
        `${bin === 0 ? 'M0' : 'L' + round(bin * width)},${top(share, highest)}L${round((bin + 1) * width)},${top(share, highest)}`,
    )
    .join('');
  return {
    html: `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" aria-label="${escapeHtml(summary(pair, reference, current))}">${bars.join('')}<path d="${outline}" class="then"/></svg>`,
  };
};

/** The style that charts need, to be added to the page once. */
export const CHART_STYLE = `<style>.now{fill:#3b82c4}.then{fill:none;stroke:currentColor;stroke-width:1.5}@media (prefers-color-scheme:dark){.now{fill:#6cb0f0}}</style>`;

const shares = (counts: readonly number[], bins: number): readonly number[] => {
  const total = counts.reduce((sum, count) => sum + (Number.isFinite(count) ? count : 0), 0);
  return Array.from({ length: bins }, (_, bin) => (total > 0 ? (counts[bin] ?? 0) / total : 0));
};

const summary = (pair: HistogramPair, reference: readonly number[], current: readonly number[]): string => {
  if (!isJudged(pair)) return `${pair.name}: the reference alone, nothing was judged`;
  const moves = current.map((share, bin) => Math.abs(share - (reference[bin] ?? 0)));
  const most = moves.indexOf(Math.max(0, ...moves));
  return most < 0 || moves[most] === 0
    ? `${pair.name}: reference and current look alike`
    : `${pair.name}: the largest move is ${describeBin(pair, most, reference, current)}`;
};

const describeBin = (
  pair: HistogramPair,
  bin: number,
  reference: readonly number[],
  current: readonly number[],
): string =>
  `${pair.labels[bin] ?? `bin ${bin + 1}`}: ${percent(reference[bin])} in the reference, ${percent(current[bin])} now`;

const percent = (share: number | undefined): string => `${((share ?? 0) * 100).toFixed(1)} %`;

const top = (share: number, highest: number): number => round(HEIGHT - (share / highest) * HEIGHT);

const round = (value: number): number => Math.round(value * 100) / 100;
