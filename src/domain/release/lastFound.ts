import type { StageName } from './types.js';

/** An entry of the ledger, in its stream's order. */
export interface Entry {
  readonly stream: string;
  readonly kind: string;
  readonly at: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** What a stage's own activity wrote down last of it. */
export const lastFound = (
  entries: readonly Pick<Entry, 'kind' | 'body'>[],
  stage: StageName,
  environment?: string,
): Entry['body'] | undefined =>
  entries.findLast(({ kind, body }) => kind === `stage.${stage}` && body['environment'] === environment)?.body;

/**
 * The artifact that a release packaged last, by its own stream; undefined where it packaged none. Any other that is said to
 * be of it was made by somebody else, with authors of its own.
 */
export const packagedLast = (entries: readonly Pick<Entry, 'kind' | 'body'>[]): unknown =>
  lastFound(entries, 'package')?.['artifactDigest'];
