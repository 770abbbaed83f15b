import type { Verdict } from '../gate/types.js';

/** What the looks at one step of a rollout found, also where it was gone through more than once. */
export interface LookTally {
  readonly failed: number;
  /** Since somebody last resumed it. */
  readonly inconclusive: number;
  /** In a row, up to the last look. */
  readonly errors: number;
}

export const NO_LOOKS: LookTally = { failed: 0, inconclusive: 0, errors: 0 };

export const afterLook = ({ failed, inconclusive, errors }: LookTally, verdict: Verdict): LookTally => ({
  failed: failed + (verdict === 'fail' ? 1 : 0),
  inconclusive: inconclusive + (verdict === 'inconclusive' ? 1 : 0),
  errors: verdict === 'error' ? errors + 1 : 0,
});

/** A person saw the inconclusive ones, and let it go on. */
export const afterResume = (tally: LookTally): LookTally => ({ ...tally, inconclusive: 0 });
