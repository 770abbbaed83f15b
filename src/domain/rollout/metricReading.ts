/** What a source of metrics says of one version. Only a finite number is a value; everything else says why it is none. */
export type MetricReading =
  | { readonly kind: 'value'; readonly value: number; readonly samples?: number }
  /** There is nothing to measure yet. */
  | { readonly kind: 'insufficient_data'; readonly reason: string }
  | { readonly kind: 'error'; readonly reason: string };

export const unreadable = (reason: string): MetricReading => ({ kind: 'error', reason });

/** A number as sources give them; text that spells one counts, as Prometheus writes them so. */
export const readNumber = (found: unknown, what: string, samples?: unknown): MetricReading => {
  const value = typeof found === 'string' && found.trim() !== '' ? Number(found) : found;
  if (typeof value !== 'number') return unreadable(`${what} is ${describe(found)}, not a number`);
  if (!Number.isFinite(value)) return unreadable(`${what} is ${describe(found)}, which no limit can be compared with`);
  if (samples === undefined || samples === null) return { kind: 'value', value };
  if (typeof samples !== 'number' || !Number.isFinite(samples) || samples < 0)
    return unreadable(`the number of samples of ${what} is ${describe(samples)}`);
  return { kind: 'value', value, samples };
};

const MOST_SHOWN = 60;

const describe = (found: unknown): string => {
  if (found === undefined) return 'missing';
  if (found === null) return 'null';
  if (Array.isArray(found)) return 'a list';
  if (typeof found === 'object') return 'an object';
  const text = typeof found === 'string' ? JSON.stringify(found) : String(found);
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
};
