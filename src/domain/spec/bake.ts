import type { LossName } from './metrics.js';

/** What becomes of a provisional version that too few labels came for in time. */
export type BakeOtherwise =
  | 'confirm'
  | 'revert'
  /** Owners are asked; without an answer it stays as it is: never confirmed, and not taken back either. */
  | 'ask';

/** A version that has all traffic is provisional until the truth about its predictions is known. */
export interface BakeSpec {
  readonly metric: LossName;
  /** The most that it may really lose, on average; one of both at least. */
  readonly maxLoss?: number;
  /** The most that it may lose above what it lost on the held-out rows when it was packaged. */
  readonly maxIncrease?: number;
  /** Rows with a label that it takes. */
  readonly minLabels: number;
  /** Share of the rows, of those that are old enough to have a label. */
  readonly minShare: number;
  /** Age in event time at which a row's label should be there; that of monitoring where absent, else none. */
  readonly labelDelayMs?: number;
  readonly withinMs: number;
  readonly otherwise: BakeOtherwise;
  /** How long owners have to answer; 7 days where absent. */
  readonly answerWithinMs?: number;
}
