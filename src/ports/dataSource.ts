/** Data that a step reads from outside its repository. Errors: `data_refused`, `data_unreachable`, `too_large`. */
export interface DataSource {
  /** `data_refused` where the operator does not allow the address, also of data that nobody needs to fetch any more. */
  check(uri: string): Promise<void>;
  /** Copies what is at a `file:`, `s3:` or `https:` address into a new file. Whoever calls checks the digest. */
  fetch(uri: string, path: string, signal: AbortSignal): Promise<void>;
}
