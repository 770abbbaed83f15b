import type { EnvironmentState } from './types.js';

/** The passage of `epoch` happened, and the ledger refused its entry for good: whoever looks here sees that. */
export const markUnrecorded = (state: EnvironmentState, epoch: number, unrecorded: string): EnvironmentState => ({
  ...state,
  history: state.history.map((entry) => (entry.epoch === epoch ? { ...entry, unrecorded } : entry)),
});
