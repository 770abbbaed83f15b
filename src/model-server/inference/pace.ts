/** How fast rows are answered, lately. */
export interface Pace {
  ran(rows: number, milliseconds: number): void;
  /** Whole seconds until so many rows are through; at least one, at most a minute. */
  secondsFor(rows: number): number;
}

/** What a run weighs against all before it. */
const WEIGHT = 0.2;

export const createPace = (): Pace => {
  let perRow = 0;
  return {
    ran: (rows, milliseconds) => {
      const now = milliseconds / Math.max(1, rows);
      perRow = perRow === 0 ? now : perRow + WEIGHT * (now - perRow);
    },
    secondsFor: (rows) => Math.min(60, Math.max(1, Math.ceil((rows * perRow) / 1_000))),
  };
};
