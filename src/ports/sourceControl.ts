export interface CommitAuthors {
  readonly authorEmail: string;
  readonly committerEmail: string;
  /** Addresses of its `Co-authored-by` trailers; what such a trailer says where it has no address. Absent where there is none. */
  readonly coAuthors?: readonly string[];
}

export interface CommitInfo extends CommitAuthors {
  /** Full hash. */
  readonly commit: string;
  /** Position on the branch by first parent, from 1. */
  readonly order: number;
  readonly subject: string;
  /** Epoch milliseconds of the commit. */
  readonly at: number;
}

export interface CommitStatus {
  readonly context: string;
  readonly state: 'pending' | 'success' | 'failure';
  readonly description: string;
  readonly url?: string;
}

/**
 * Git repositories, by their name in the operator's configuration.
 * Errors: `unknown_commit`, `repository_unreachable`, `repository_refused`.
 */
export interface SourceControl {
  head(repository: string): Promise<CommitInfo>;
  describe(repository: string, commit: string): Promise<CommitInfo>;
  /** Is there a file of this path in the commit? */
  has(repository: string, commit: string, path: string): Promise<boolean>;
  /**
   * Who wrote what is reachable from `to` but not from `from` (everything when absent): each set of authors once, in no
   * order, and nobody left out however long the history is. Empty where `from` has all of it.
   */
  authorsBetween(repository: string, from: string | undefined, to: string): Promise<readonly CommitAuthors[]>;
  /** A clean working tree of the commit in an empty directory: no `.git`, no links out of it. */
  checkout(repository: string, commit: string, directory: string): Promise<void>;
  /** Reported to the Git host; for a plain repository into a file beside it. */
  setStatus(repository: string, commit: string, status: CommitStatus): Promise<void>;
}
