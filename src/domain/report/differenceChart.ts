import type { Interval, PairedBlock } from '../gate/types.js';
import { METRICS, type MetricName } from '../spec/metrics.js';
import { escapeHtml, number, type Html } from './html.js';

export interface Difference {
  readonly metric: MetricName;
  readonly value: number;
  readonly interval: Interval | undefined;
}

/** What a difference says: only an interval that excludes 0 says anything. */
export const sayDifference = ({
  metric,
  value,
  interval,
}: Difference): 'better' | 'worse' | 'differs' | 'no difference shown' | 'unknown' => {
  if (interval === undefined) return value === 0 ? 'no difference shown' : 'unknown';
  if (interval[0] <= 0 && interval[1] >= 0) return 'no difference shown';
  const { better } = METRICS[metric];
  if (better === undefined) return 'differs';
  return value > 0 === (better === 'more') ? 'better' : 'worse';
};

const WIDTH = 220;
const HEIGHT = 22;

/** One difference with its interval on a line around 0, on a scale of its own; left is worse, right is better. */
export const differenceChart = (difference: Difference): Html => {
  const { metric, value, interval = [value, value] } = difference;
  const flip = METRICS[metric].better === 'less' ? -1 : 1;
  const reach = Math.max(1e-12, Math.abs(interval[0]), Math.abs(interval[1])) * 1.1;
  const at = (what: number): number => Math.round((WIDTH / 2) * (1 + (flip * what) / reach) * 100) / 100;
  const [from, to] = [at(interval[0]), at(interval[1])].sort((a, b) => a - b);
  const told = `${metric}: candidate minus champion ${number(value)}, 95 % interval ${number(interval[0])} to ${number(interval[1])}: ${sayDifference(difference)}`;
  return {
    html: `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" aria-label="${escapeHtml(told)}"><path d="M${WIDTH / 2},0V${HEIGHT}" class="zero"/><path d="M${from},${HEIGHT / 2}H${to}M${from},${HEIGHT / 2 - 4}v8M${to},${HEIGHT / 2 - 4}v8" class="candidate-line"/><circle cx="${at(value)}" cy="${HEIGHT / 2}" r="4" class="candidate-dot"/></svg>`,
  };
};

const DAYS_HEIGHT = 120;
const BAR_WIDTH = 12;
const MOST_BARS = 120;

/** The mean difference of every block: whether it is one bad day, or every day. Up is worse. */
export const blockChart = (metric: string, blocks: readonly PairedBlock[]): Html => {
  const shown = blocks.filter(({ rows }) => rows > 0).slice(-MOST_BARS);
  if (shown.length === 0) return { html: '' };
  const means = shown.map(({ candidate, champion, rows }) => (candidate - champion) / rows);
  const reach = Math.max(1e-12, ...means.map(Math.abs));
  const worse = means.filter((mean) => mean > 0).length;
  const width = shown.length * BAR_WIDTH;
  const middle = DAYS_HEIGHT / 2;
  const alternative = `The candidate's ${metric} is worse on ${worse} of ${means.length} blocks; the largest difference is ${number(reach)}.`;
  const bars = means.map((mean, at) => {
    const tall = Math.round((Math.abs(mean) / reach) * (middle - 4) * 100) / 100;
    const y = mean > 0 ? middle - tall : middle;
    const told = `${new Date(shown[at]?.start ?? 0).toISOString().slice(0, 16).replace('T', ' ')}: ${number(mean)}, ${shown[at]?.rows ?? 0} rows`;
    return `<rect x="${at * BAR_WIDTH + 2}" y="${y}" width="${BAR_WIDTH - 4}" height="${tall}" class="${mean > 0 ? 'worse' : 'better'}"><title>${escapeHtml(told)}</title></rect>`;
  });
  return {
    html: `<figure class="chart"><svg viewBox="0 0 ${width} ${DAYS_HEIGHT}" width="${width}" height="${DAYS_HEIGHT}" role="img" aria-label="${escapeHtml(alternative)}">${bars.join('')}<path d="M0,${middle}H${width}" class="zero"/></svg><figcaption>Difference of the ${escapeHtml(metric)} by block of time, candidate minus champion; above the line the candidate is worse. <span class="soft">${escapeHtml(alternative)}</span></figcaption></figure>`,
  };
};
