import { execFile } from 'node:child_process';
import type { StepRunner } from '../../ports/stepRunner.js';

export interface Interpreter {
  readonly executable: string;
  /** `3.11.7` */
  readonly version: string;
}

/** Said by the interpreter itself: `python3` may be a shim that decides by the folder it is called in, or stand in an environment. */
const WHO = 'import json, platform, sys; print(json.dumps([sys._base_executable, platform.python_version()]))';
const WITHIN_MS = 30_000;

/** The `python3` of this PATH, asked in a folder where nothing can choose another; undefined where there is none. */
export const findInterpreter = (path: string): Promise<Interpreter | undefined> =>
  new Promise((resolve) => {
    const options = { env: { PATH: path }, cwd: '/', timeout: WITHIN_MS };
    execFile('python3', ['-I', '-c', WHO], options, (error, stdout) => {
      resolve(error === null ? read(stdout) : undefined);
    });
  });

/** The `python3` that steps find, where they have another system than the worker; undefined where there is none. */
export const askInterpreter = async (steps: StepRunner, directory: string): Promise<Interpreter | undefined> => {
  const { end, tail } = await steps.run(
    { command: `python3 -I -c '${WHO}'`, directory, env: {}, timeoutMs: WITHIN_MS },
    () => undefined,
    new AbortController().signal,
  );
  return end.kind === 'exited' && end.code === 0 ? read(tail) : undefined;
};

const read = (stdout: string): Interpreter | undefined => {
  try {
    const [executable, version] = JSON.parse(stdout) as [string, string];
    return { executable, version };
  } catch {
    return undefined;
  }
};
