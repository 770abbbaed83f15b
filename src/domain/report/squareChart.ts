import { escapeHtml, type Html } from './html.js';

export interface Series {
  readonly name: string;
  /** 0 to 1 on both axes. */
  readonly points: readonly (readonly [x: number, y: number])[];
  /** The candidate is drawn full, what it is compared with dashed and hollow: shape, not colour alone, tells them apart. */
  readonly style: 'candidate' | 'champion';
  /** Size of each point, 0 to 1; no points where it is left out. */
  readonly sizes?: readonly number[];
}

export interface SquareChart {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly series: readonly Series[];
  /** What the picture says, for those who cannot see it. */
  readonly alternative: string;
}

const SIDE = 240;
const LEFT = 44;
const BOTTOM = 40;
const TOP = 24;
const TICKS = [0, 0.25, 0.5, 0.75, 1];

/** Lines over the unit square, with its diagonal. */
export const squareChart = ({ title, x, y, series, alternative }: SquareChart): Html => {
  const [width, height] = [LEFT + SIDE + 12, TOP + SIDE + BOTTOM];
  return {
    html: `<figure class="chart"><svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escapeHtml(`${title}. ${alternative}`)}"><text x="${LEFT}" y="15" class="title">${escapeHtml(title)}</text>${grid()}<path d="M${left(0)},${top(0)}L${left(1)},${top(1)}" class="diagonal"/>${series.map(draw).join('')}<text x="${left(0.5)}" y="${height - 6}" text-anchor="middle">${escapeHtml(x)}</text><text transform="translate(12 ${top(0.5)}) rotate(-90)" text-anchor="middle">${escapeHtml(y)}</text></svg><figcaption>${series.map(legend).join(' ')} <span class="soft">${escapeHtml(alternative)}</span></figcaption></figure>`,
  };
};

const left = (value: number): number => Math.round((LEFT + value * SIDE) * 100) / 100;
const top = (value: number): number => Math.round((TOP + (1 - value) * SIDE) * 100) / 100;

const grid = (): string =>
  TICKS.map(
    (tick) =>
      `<path d="M${left(tick)},${top(0)}V${top(1)}M${left(0)},${top(tick)}H${left(1)}" class="grid"/><text x="${left(tick)}" y="${top(0) + 14}" text-anchor="middle">${tick}</text><text x="${LEFT - 5}" y="${top(tick) + 4}" text-anchor="end">${tick}</text>`,
  ).join('');

const draw = ({ name, points, style, sizes }: Series): string => {
  const line = points.map(([x, y], at) => `${at === 0 ? 'M' : 'L'}${left(x)},${top(y)}`).join('');
  const dots = (sizes ?? []).map((size, at) => {
    const [x, y] = points[at] ?? [0, 0];
    const told = `${name}: said ${percent(x)}, happened ${percent(y)}`;
    return `<circle cx="${left(x)}" cy="${top(y)}" r="${Math.round((2 + 4 * Math.sqrt(size)) * 10) / 10}" class="${style}-dot"><title>${escapeHtml(told)}</title></circle>`;
  });
  return `<path d="${line}" class="${style}-line"/>${dots.join('')}`;
};

const legend = ({ name, style }: Series): string =>
  `<span class="key"><svg viewBox="0 0 24 10" width="24" height="10" aria-hidden="true"><path d="M0,5H24" class="${style}-line"/></svg> ${escapeHtml(name)}</span>`;

const percent = (share: number): string => `${Number((share * 100).toPrecision(3))} %`;
