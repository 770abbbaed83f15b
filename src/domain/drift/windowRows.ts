/** What production saw in one window: one entry per predicted row in every list, as the prediction log has them. */
export interface WindowRows {
  readonly rows: number;
  readonly predictionId: readonly string[];
  /** Epoch milliseconds. */
  readonly eventTime: readonly number[];
  readonly prediction: readonly number[];
  /** 0, 1, or null where no label is known (yet). */
  readonly label: readonly (number | null)[];
  readonly features: Readonly<Record<string, readonly (number | string | null)[]>>;
}

/** The rows that one version predicted. */
export const rowsOfVersion = (
  all: WindowRows & { readonly version: readonly string[] },
  version: string,
): WindowRows => {
  const kept = Array.from(all.version.keys()).filter((row) => all.version[row] === version);
  const of = <T>(column: readonly T[]): readonly T[] => kept.map((row) => column[row] as T);
  return {
    rows: kept.length,
    predictionId: of(all.predictionId),
    eventTime: of(all.eventTime),
    prediction: of(all.prediction),
    label: of(all.label),
    features: Object.fromEntries(Object.entries(all.features).map(([name, column]) => [name, of(column)])),
  };
};
