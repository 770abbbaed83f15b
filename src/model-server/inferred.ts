import type { FeatureWarning } from '../domain/inference/checkFeatures.js';

/** What one answered inference took, milliseconds. */
export interface Inferred {
  readonly rows: number;
  /** Until it was read and checked, … */
  readonly readMs: number;
  /** … before the model was free, … */
  readonly waitedMs: number;
  /** … the run that it was part of, … */
  readonly ranMs: number;
  /** … and until its answer was written. */
  readonly wroteMs: number;
  readonly warnings: readonly FeatureWarning[];
}
