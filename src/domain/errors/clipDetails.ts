import { clip } from '../clip.js';

type Details = Readonly<Record<string, unknown>>;

/** Characters of JSON. */
const MOST = 65_536;
const MOST_TEXT = 1_000;
const MOST_ITEMS = 50;
const MOST_LEVELS = 5;

/** Details of an error as they are, or where they are too many, as much of them as tells what it is about. */
export const clipDetails = (details: Details): Details => {
  if (JSON.stringify(details).length <= MOST) return details;
  const clipped = clipValue(details, 0) as Details;
  return JSON.stringify(clipped).length <= MOST ? clipped : { clipped: true };
};

const clipValue = (value: unknown, level: number): unknown => {
  if (typeof value === 'string') return clip(value, MOST_TEXT);
  if (typeof value !== 'object' || value === null) return value;
  if (level === MOST_LEVELS) return '…';
  if (Array.isArray(value)) return value.slice(0, MOST_ITEMS).map((item) => clipValue(item, level + 1));
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, MOST_ITEMS)
      .map(([name, item]) => [clip(name, MOST_TEXT), clipValue(item, level + 1)]),
  );
};
