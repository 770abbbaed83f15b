/** The workflow engine as a whole. */
export interface Engine {
  /** The same as long as the engine's database is: a new database has another one. `temporal_unreachable` when it does not answer. */
  identity(): Promise<string>;
  /** Gives a new engine what workflows need of it, once; one that has it is left as it is. */
  prepare(): Promise<void>;
}
