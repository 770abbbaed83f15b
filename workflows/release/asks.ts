import { CancellationScope, patched } from '@temporalio/workflow';
import type { ReleasePlan } from '../../src/domain/release/plan.js';
import type { BakeAskedView } from '../../src/domain/release/types.js';
import { tellOwners, utc } from './bakeEnd.js';
import type { Story } from './story.js';

/** What owners are being asked, beside the wait for their answer: a receiver that is away for hours holds nothing up. */
export interface Asks {
  tell(asked: BakeAskedView): void;
  /** Not everybody has been told yet. */
  underWay(): boolean;
  /** It is known what becomes of the version, or the next run asks: nobody is asked any more by this one. */
  end(): void;
}

/** Releases from before this left what was still on its way to itself. */
const OWNED = 'asks-owned';

export const openAsks = (story: Story, environment: string, plan: ReleasePlan): Asks => {
  const owned = patched(OWNED);
  const scope = new CancellationScope();
  const telling = new Set<Promise<void>>();
  return {
    tell: ({ until, reason, reminders }) => {
      const told = scope.run(() =>
        tellOwners(story, plan, {
          ...{ environment, asks: reminders, what: 'waits for a word: labels did not decide' },
          reason: `${reason}\nWithout an answer it stays provisional from ${utc(until)} on.`,
        }),
      );
      const settled = told.finally(() => telling.delete(settled));
      telling.add(settled);
    },
    underWay: () => owned && telling.size > 0,
    end: () => {
      if (owned && telling.size > 0) scope.cancel();
    },
  };
};
