import type { EnvironmentState } from './types.js';

type Known = Partial<
  Pick<EnvironmentState, 'epoch' | 'champion' | 'championOrder' | 'previous' | 'retired' | 'history'>
>;

/** State of an arbiter that starts. After a loss of the engine, `known` is what `recoverState` made of its memory. */
export const newEnvironment = (model: string, environment: string, known: Known = {}): EnvironmentState => ({
  model,
  environment,
  ...known,
  epoch: known.epoch ?? 0,
  queue: [],
  announced: [],
  history: known.history ?? [],
  settled: [],
});
