interface Waits {
  /** Whoever asks may decide on it. */
  readonly mine: boolean;
  /** And has. */
  readonly decided?: boolean;
  /** Epoch milliseconds. */
  readonly since?: number;
}

/** What waits for the asker first, and of that what has waited longest. */
export const byWhomItWaitsFor = (a: Waits, b: Waits): number => rank(a) - rank(b) || (a.since ?? 0) - (b.since ?? 0);

const rank = ({ mine, decided }: Waits): number => (mine && decided !== true ? 0 : 1);
