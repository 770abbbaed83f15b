/**
 * Something that keeps new versions out: a freeze is for a time, and can be overridden for one release; a hold is until
 * somebody lifts it. Versions that ran before pass always.
 */
export interface Hold {
  readonly id: string;
  readonly kind: 'hold' | 'freeze';
  /** Of these models; absent: of every model. */
  readonly models?: readonly string[];
  /** In these environments; absent: in every environment. */
  readonly environments?: readonly string[];
  readonly reason: string;
  /** Who placed it, or owns it in the operator's file. */
  readonly by: string;
  readonly from: number;
  /** First instant that is free again, epoch milliseconds; absent: until it is lifted. */
  readonly until?: number;
  /** Roles that may override it for one release; none: nobody may. */
  readonly override: readonly string[];
  readonly lifted?: { readonly by: string; readonly reason: string; readonly at: number };
}

/** Where a version goes to. */
export interface Place {
  readonly model: string;
  readonly environment: string;
}

/** What people see of a hold in force. */
export type HoldNotice = Pick<Hold, 'id' | 'kind' | 'reason' | 'by' | 'until' | 'override'>;

/** One person let one release pass one freeze. */
export interface OverrideNotice {
  readonly freeze: string;
  readonly environment: string;
  readonly by: string;
  readonly reason: string;
  readonly at: number;
}
