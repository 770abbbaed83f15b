import type { SupervisedProcess } from './supervisedProcess.js';

/** dev.json: what runs and where, for the command line and tests. No secrets. */
export interface DevState {
  readonly version: 1;
  readonly instanceId: string;
  readonly supervisor: number;
  readonly processes: readonly ({ readonly name: string; readonly pid: number } & (
    { readonly url: string } | { readonly socket: string }
  ))[];
}

export const devStateOf = (instanceId: string, processes: readonly SupervisedProcess[]): DevState => ({
  version: 1,
  instanceId,
  supervisor: process.pid,
  processes: processes.map((one) => ({ name: one.plan.name, pid: one.pid() ?? 0, ...one.plan.at })),
});
