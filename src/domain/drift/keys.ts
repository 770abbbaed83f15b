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

export const watermarkKey = (model: string, environment: string): string =>
  `pointers/drift/${model}/${environment}.json`;
