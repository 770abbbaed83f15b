export interface Identity {
  readonly name: string;
  readonly roles: readonly string[];
  readonly gitEmails: readonly string[];
}

/** Who exists, with which roles, now. */
export interface Directory {
  identities(): Promise<readonly Identity[]>;
}
