import { LOG_CAP_BYTES } from '../../src/domain/release/logCap.js';
import type { StepCommand, StepEnd, StepRunner } from '../../src/ports/stepRunner.js';

/** What a scripted step does: prints, then ends, or hangs until its timeout or a cancel. */
export interface StepScript {
  readonly output?: string;
  readonly end: StepEnd | 'hangs';
  /** Effects of the step, such as writing the files that a build declares. */
  readonly effect?: (step: StepCommand) => Promise<void>;
}

const TAIL_BYTES = 4 * 1024;

/** A StepRunner that starts nothing; `ran` lists the steps it was given. */
export const createScriptedStepRunner = (
  scripts: Readonly<Record<string, StepScript>>,
): StepRunner & { readonly ran: readonly StepCommand[] } => {
  const ran: StepCommand[] = [];
  return {
    ran,
    run: async (step, onOutput, signal) => {
      signal.throwIfAborted();
      ran.push(step);
      const script = scripts[step.command];
      if (script === undefined) throw new Error(`no script for: ${step.command}`);
      const output = Buffer.from(script.output ?? '');
      if (output.length > 0) onOutput(output.subarray(0, LOG_CAP_BYTES));
      await script.effect?.(step);
      signal.throwIfAborted();
      const end = script.end === 'hangs' ? await hang(step.timeoutMs, signal) : script.end;
      return {
        end,
        durationMs: 1,
        tail: tailOf(output),
        logBytes: output.length,
        logCapped: output.length > LOG_CAP_BYTES,
      };
    },
  };
};

const hang = (timeoutMs: number, signal: AbortSignal): Promise<StepEnd> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve({ kind: 'timeout' }), timeoutMs);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    });
  });

const tailOf = (output: Buffer): string => {
  if (output.length <= TAIL_BYTES) return output.toString();
  const text = output.subarray(-TAIL_BYTES).toString();
  return text.slice(text.indexOf('\n') + 1);
};
