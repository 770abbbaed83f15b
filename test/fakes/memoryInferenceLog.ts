import type { InferenceLog, LabelRow, LoggedRows } from '../../src/ports/inferenceLog.js';

const HOUR_MS = 3_600_000;

export interface LoggedRow {
  readonly predictionId: string;
  readonly eventTime: number;
  readonly version: string;
  readonly prediction: number;
  /** Champion where absent. */
  readonly route?: 'champion' | 'candidate' | 'shadow' | 'synthetic';
  /** By name; a feature that was not logged is absent. */
  readonly features: Readonly<Record<string, number | string | null>>;
}

export interface MemoryInferenceLog extends InferenceLog {
  /** @param arrival epoch milliseconds; the time of the first event where absent */
  log(model: string, environment: string, rows: readonly LoggedRow[], arrival?: number): void;
}

/** A prediction log in memory. */
export const createMemoryInferenceLog = (): MemoryInferenceLog => {
  const rows = new Map<string, LoggedRow[]>();
  const arrivals = new Map<string, number>();
  const batches = new Map<string, Map<string, readonly LabelRow[]>>();
  const of = (model: string, environment: string): LoggedRow[] =>
    (rows.get(`${model}/${environment}`) ?? []).filter((row) => row.route !== 'synthetic' && row.route !== 'shadow');

  const labelsOf = (model: string, environment: string): ReadonlyMap<string, LabelRow> => {
    const known = new Map<string, LabelRow>();
    for (const batch of batches.get(`${model}/${environment}`)?.values() ?? []) {
      for (const label of batch) {
        const before = known.get(label.predictionId);
        if (before === undefined || label.observedAt >= before.observedAt) known.set(label.predictionId, label);
      }
    }
    return known;
  };

  const read: InferenceLog['read'] = async (model, environment, window, features, most = Infinity) => {
    const all = of(model, environment)
      .filter((row) => row.eventTime >= window.start && row.eventTime < window.end)
      .sort((a, b) => a.eventTime - b.eventTime || (a.predictionId < b.predictionId ? -1 : 1));
    const step = Math.max(1, Math.ceil(all.length / most));
    const found = all.filter((_, place) => place % step === 0);
    const known = labelsOf(model, environment);
    const logged = features.filter((feature) => found.some((row) => Object.hasOwn(row.features, feature.name)));
    return {
      rows: found.length,
      windowRows: all.length,
      predictionId: found.map((row) => row.predictionId),
      eventTime: found.map((row) => row.eventTime),
      version: found.map((row) => row.version),
      prediction: found.map((row) => row.prediction),
      label: found.map((row) => known.get(row.predictionId)?.label ?? null),
      features: Object.fromEntries(logged.map(({ name }) => [name, found.map((row) => row.features[name] ?? null)])),
    } satisfies LoggedRows;
  };

  return {
    log: (model, environment, added, arrival = added[0]?.eventTime ?? Infinity) => {
      const known = arrivals.get(`${model}/${environment}`) ?? Infinity;
      arrivals.set(`${model}/${environment}`, Math.min(known, Math.floor(arrival / HOUR_MS) * HOUR_MS));
      rows.set(`${model}/${environment}`, [...(rows.get(`${model}/${environment}`) ?? []), ...added]);
    },
    read,
    newestEventTime: async (model, environment) =>
      of(model, environment).reduce<number | undefined>(
        (newest, row) => Math.max(newest ?? row.eventTime, row.eventTime),
        undefined,
      ),
    oldestEventTime: async (model, environment) =>
      of(model, environment).reduce<number | undefined>(
        (oldest, row) => Math.min(oldest ?? row.eventTime, row.eventTime),
        undefined,
      ),
    firstArrival: async (model, environment) => arrivals.get(`${model}/${environment}`),
    exportLabelled: async (model, environment, windows) => {
      const parts = await Promise.all(windows.map((window) => read(model, environment, window, [])));
      return { rows: parts.flatMap((part) => part.label).filter((label) => label !== null).length };
    },
    appendLabels: async (model, environment, batchId, labels) => {
      const key = `${model}/${environment}`;
      const known = batches.get(key) ?? new Map<string, readonly LabelRow[]>();
      if (labels.length > 0 && !known.has(batchId)) known.set(batchId, labels);
      batches.set(key, known);
    },
  };
};
