import type { EnvironmentState } from './types.js';

type Known = Partial<Pick<EnvironmentState, 'epoch' | 'champion' | 'championOrder' | 'previous'>>;

/**
 * State of an arbiter that starts. After a loss of the engine, `known` is what ledger and target still say: the
 * greater of their epochs, so that the next passage is fenced above every earlier one.
 */
export const newEnvironment = (model: string, environment: string, known: Known = {}): EnvironmentState => ({
  model,
  environment,
  ...known,
  epoch: known.epoch ?? 0,
  queue: [],
  announced: [],
  history: [],
  settled: [],
});
