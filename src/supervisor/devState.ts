import type { ProcessAddress, ProcessPlan } from './processPlan.js';

/** dev.json: what runs and where, for the command line and tests. No secrets. */
export interface DevState {
  readonly version: 1;
  readonly instanceId: string;
  /** pid of `slipway dev` itself. */
  readonly supervisor: number;
  /** `pid` 0: is being started again. */
  readonly processes: readonly ({ readonly name: string; readonly pid: number } & ProcessAddress)[];
}

export const devStateOf = (
  instanceId: string,
  processes: readonly { readonly plan: ProcessPlan; readonly pid: () => number | undefined }[],
): DevState => ({
  version: 1,
  instanceId,
  supervisor: process.pid,
  processes: processes.map((one) => ({ name: one.plan.name, pid: one.pid() ?? 0, ...one.plan.at })),
});
