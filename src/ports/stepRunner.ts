import type { StepEnd } from '../domain/release/stepEnd.js';

export interface StepCommand {
  readonly command: string;
  readonly directory: string;
  /** The folder of this run alone: of what is hidden from steps, only this is seen. `directory` where it is left out. */
  readonly root?: string;
  /** The whole environment of the process, besides what the runner itself must give (PATH, HOME). */
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** It may reach other machines. Kept from it only where it is confined: by bubblewrap, or in a container. */
  readonly network?: boolean;
  /** Handed over as a file: the variable names a path that the command can read, and nothing else holds the value. */
  readonly secrets?: readonly { readonly variable: string; readonly value: string }[];
  /** Programs besides those of the worker, or of the image. */
  readonly tools?: StepTools;
  /** `cpuMs` of every process of the command; `memoryBytes`, too, but in a container of all of them together. */
  readonly resources?: { readonly memoryBytes?: number; readonly cpuMs?: number };
  /** Who asks. What earlier attempts of the same `id` left running is ended before the command begins. */
  readonly task?: { readonly id: string; readonly attempt: number };
}

export interface StepTools {
  /** What the command may read and, where it is confined, not change. */
  readonly folder: string;
  /** Looked in before PATH. */
  readonly programs: string;
}

export interface StepResult {
  readonly end: StepEnd;
  readonly durationMs: number;
  /** Last lines, at most 4 KiB. */
  readonly tail: string;
  /** Bytes written in all, and whether the log was capped. */
  readonly logBytes: number;
  readonly logCapped: boolean;
}

/** Runs commands of a model repository, each apart from others; what one starts ends with the run, its worker, or a cancel. */
export interface StepRunner {
  /**
   * @param onOutput receives the output in order, until the cap (16 MiB).
   * @param signal cancels: all that the command started is killed, and the promise rejects with the signal's reason.
   */
  run(step: StepCommand, onOutput: (chunk: Uint8Array) => void, signal: AbortSignal): Promise<StepResult>;
}
