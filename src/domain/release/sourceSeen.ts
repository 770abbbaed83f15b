/** What the last looks at the branch of a model found; kept at `pointers/source/<model>.json`. */
export interface SourceSeen {
  /** The newest head whose release was started, with its position on the branch. */
  readonly commit?: string;
  readonly order?: number;
  readonly releaseId?: string;
  /** A head without a slipway.yaml, before the first that has one: passed over. */
  readonly skipped?: string;
  /** Why the last look found nothing, and since when (epoch milliseconds) it is so. */
  readonly problem?: { readonly code: string; readonly message: string; readonly since: number };
}

export interface WatchedSource extends SourceSeen {
  readonly model: string;
  readonly branch: string;
}

/** For people: one line about a watched branch. */
export const describeSource = ({ branch, commit, skipped, problem }: Omit<WatchedSource, 'model'>): string => {
  if (problem !== undefined)
    return `${branch} cannot be read since ${new Date(problem.since).toISOString().slice(0, 19)}Z: ${problem.code}: ${problem.message}`;
  if (commit !== undefined) return `${branch} is at ${commit.slice(0, 12)}, whose release was started`;
  if (skipped !== undefined)
    return `${branch} has no slipway.yaml at ${skipped.slice(0, 12)}: the first commit that has one starts the first release`;
  return `nobody has looked at ${branch} yet`;
};

/** The same problem as before: numbers in it, such as times that something took, do not make it another one. */
export const isSameProblem = (
  before: SourceSeen['problem'],
  now: { readonly code: string; readonly message: string },
): boolean => {
  const told = ({ code, message }: { readonly code: string; readonly message: string }): string =>
    `${code} ${message.replace(/\d+/g, '0')}`;
  return before !== undefined && told(before) === told(now);
};
