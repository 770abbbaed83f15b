import type { Verdict } from '../../src/domain/gate/types.js';
import type { ReleaseOutcome } from '../../src/domain/release/types.js';

/** Ends the story with an outcome that is no failure of the machinery. */
export class ReleaseEnd extends Error {
  constructor(
    readonly outcome: ReleaseOutcome,
    reason: string,
    readonly blockedBy?: Verdict,
  ) {
    super(reason);
  }
}
