import type { Digest } from '../src/domain/artifact/types.js';
import type { Verdict } from '../src/domain/gate/types.js';
import type { Fence } from '../src/domain/rollout/types.js';
import type { AnalysisSpec, CanaryStepSpec } from '../src/domain/spec/types.js';
import type { TrafficMeasurement } from '../src/ports/deployTarget.js';

/** A step of a canary whose traffic was counted, for whoever measures more of it. */
export interface MeasuredStep {
  readonly model: string;
  readonly environment: string;
  readonly fence: Fence;
  readonly step: CanaryStepSpec;
  readonly analysis: AnalysisSpec;
  readonly candidate: Digest;
  readonly champion?: Digest;
  /** Of what the target counted. */
  readonly verdict: Verdict;
  readonly measured: TrafficMeasurement;
  /** That one measurement of this step may spend of the rollout's chance of a false abort. */
  readonly chance: number;
}
