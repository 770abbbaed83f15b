import type { TargetCommand, TargetState, TrafficCounters } from '../domain/rollout/types.js';

export interface TrafficMeasurement {
  readonly since: { readonly epoch: number; readonly seq: number };
  /** When that command was accepted, epoch milliseconds; absent where the target was started again since. */
  readonly acceptedAt?: number;
  readonly counters: readonly TrafficCounters[];
}

/**
 * Where versions of a model run. Commands are fenced: an older (epoch, seq) is `stale_command`, the same pair
 * with the same content answers with the state, with other content `command_conflict`.
 * Other errors: `target_unreachable`, `artifact_unknown`; `target_cannot` where the platform has no such thing, such as
 * copies for shadows.
 */
export interface DeployTarget {
  /** A wait asks no more often than this, milliseconds; absent: as often as it likes. */
  readonly lookEveryMs?: number;
  /** Sets the desired state. Returns at once; new versions may still be loading, and get no traffic until ready. */
  apply(command: TargetCommand): Promise<TargetState>;
  /** What really runs, asked of the model servers. Undefined: nothing was ever deployed. */
  observe(model: string, environment: string): Promise<TargetState | undefined>;
  /** Counters since the last accepted command. */
  measure(model: string, environment: string): Promise<TrafficMeasurement>;
}
