import { createOutputLog } from '../../src/domain/release/outputLog.js';
import type { StepEnd } from '../../src/domain/release/stepEnd.js';
import type { StepCommand, StepRunner } from '../../src/ports/stepRunner.js';

/** What a scripted step does: prints, then ends, or hangs until its timeout or a cancel. */
export interface StepScript {
  readonly output?: string;
  readonly end: StepEnd | 'hangs';
  /** Effects of the step, such as writing the files that a build declares. */
  readonly effect?: (step: StepCommand) => Promise<void>;
}

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
      const log = createOutputLog(onOutput);
      if (script.output !== undefined) log.write(Buffer.from(script.output));
      await script.effect?.(step);
      signal.throwIfAborted();
      const end = script.end === 'hangs' ? await hang(step.timeoutMs, signal) : script.end;
      return { end, durationMs: 1, ...log.summary() };
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
