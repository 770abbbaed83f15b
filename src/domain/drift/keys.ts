import type { Watermark } from './dueWindows.js';

/** Where the reports of a monitored environment are kept; windows are named by their first instant. */
export interface ReportKeys {
  readonly index: string;
  readonly html: string;
  readonly json: string;
}

export const reportPrefix = (model: string, environment: string): string => `drift/${model}/${environment}/reports/`;

export const reportKeys = (model: string, environment: string, windowStart: number): ReportKeys => {
  const base = `${reportPrefix(model, environment)}${new Date(windowStart).toISOString()}`;
  return { index: `${base}.json`, html: `${base}.html`, json: `${base}.report.json` };
};

/** Is this key the index of a window, not its page or its report? */
export const isIndexKey = (key: string): boolean => key.endsWith('Z.json');

/** Marks of how far an environment was measured, each a document of its own that says itself in its name. */
export const watermarkPrefix = (model: string, environment: string): string =>
  `pointers/drift/${model}/${environment}/`;

export const markKey = (model: string, environment: string, { early, complete }: Watermark): string =>
  `${watermarkPrefix(model, environment)}${early}_${complete}.json`;

export const markOf = (key: string): Watermark | undefined => {
  const found = /\/(-?\d+)_(-?\d+)\.json$/.exec(key);
  return found === null ? undefined : { early: Number(found[1]), complete: Number(found[2]) };
};

/** Where earlier versions kept the only mark. */
export const singleMarkKey = (model: string, environment: string): string =>
  `pointers/drift/${model}/${environment}.json`;
