import { CancellationScope, setHandler } from '@temporalio/workflow';
import { supersedeSignal } from '../messages.js';
import { isSupersession } from '../received.js';
import type { ShownView } from './view.js';

/** May a newer commit take the place of this release, and did one? */
export interface Supersession {
  /** Cancelled when a newer commit supersedes this one. */
  readonly supersedable: CancellationScope;
  supersededBy(): string | undefined;
  /** From here on a newer commit waits for this one. */
  passPointOfNoReturn(): void;
  /** It was held back, and asks again: until it has, a newer commit may take its place. */
  returnBehindIt(): void;
}

/** @param passed is it in another run, or another telling, beyond the point of no return? */
export const openSupersession = ({ view }: ShownView, passed: boolean): Supersession => {
  const supersedable = new CancellationScope();
  let newer: string | undefined;
  let returnPossible = !passed;
  setHandler(
    supersedeSignal,
    (message) => {
      if (!isSupersession(message) || !returnPossible || view().outcome !== undefined || newer !== undefined) return;
      newer = message.by;
      supersedable.cancel();
    },
    { description: 'A newer commit takes the place of this release, unless its traffic moves already' },
  );
  return {
    supersedable,
    supersededBy: () => newer,
    passPointOfNoReturn: () => void (returnPossible = false),
    returnBehindIt: () => void (returnPossible = true),
  };
};
