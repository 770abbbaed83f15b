import type { StepResult, StepTools } from './stepRunner.js';

export interface PythonLock {
  /** Text of a requirements file in which every package is pinned with its hashes. */
  readonly text: string;
  /** Variables of the installation: what the operator gives every command. */
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

export type PreparedPython =
  | { readonly kind: 'ready'; readonly tools: StepTools; readonly env: Readonly<Record<string, string>> }
  | { readonly kind: 'failed'; readonly result: StepResult };

/**
 * Virtual environments of Python, one for each lock file and interpreter. An environment holds nothing but packages whose
 * hashes were checked, and no code of them has run: whoever asks with the same lock file gets the same one.
 */
export interface PythonEnvironments {
  /** Of the interpreter on PATH, such as `3.11.7`; undefined where there is none. */
  version(): Promise<string | undefined>;
  /**
   * The environment of this lock file, made where it is not there yet: `failed` where the installation was,
   * `python_missing` where nothing can make one, and `lock_refused` where the file asks for more than pinned packages.
   */
  prepare(lock: PythonLock, onOutput: (chunk: Uint8Array) => void, signal: AbortSignal): Promise<PreparedPython>;
}
