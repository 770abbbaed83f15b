/** Data that a step reads from outside its repository. Errors: `data_refused`, `data_unreachable`, `too_large`. */
export interface DataSource {
  /** Copies what is at a `file:`, `s3:` or `https:` address into a new file. Whoever calls checks the digest. */
  fetch(uri: string, path: string, signal: AbortSignal): Promise<void>;
}
