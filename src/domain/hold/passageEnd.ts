import type { Version } from '../artifact/types.js';

interface Entry {
  readonly kind: string;
  readonly at: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/**
 * When a passage of this release was last written down as ended, epoch milliseconds: what was signed to let it in before
 * is used then.
 *
 * @param entries the environment's stream
 */
export const passageEnd = (entries: readonly Entry[], releaseId: string): number | undefined =>
  entries.findLast(
    ({ kind, body }) =>
      kind.startsWith('deployment.') && (body['version'] as Partial<Version> | undefined)?.releaseId === releaseId,
  )?.at;
