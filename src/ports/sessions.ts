/** Somebody who logged in. Epoch milliseconds. */
export interface Session {
  readonly identity: string;
  readonly authenticatedAt: number;
  readonly expiresAt: number;
}

/** Sessions of people who logged in: known by a token, which is kept as its digest only. */
export interface Sessions {
  /** @returns the token, which is not kept */
  open(session: Session): Promise<string>;
  /** The session of a token, also one that has expired; undefined for any other text. */
  find(token: string): Promise<Session | undefined>;
  end(token: string): Promise<void>;
  /** True for the first who asks with this proof of a log-in, false for everybody after; `until`: when it counts no more anyway. */
  takeOnce(proof: string, until: number): Promise<boolean>;
}
