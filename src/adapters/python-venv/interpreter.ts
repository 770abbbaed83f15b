import { execFile } from 'node:child_process';

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

const read = (stdout: string): Interpreter | undefined => {
  try {
    const [executable, version] = JSON.parse(stdout) as [string, string];
    return { executable, version };
  } catch {
    return undefined;
  }
};
