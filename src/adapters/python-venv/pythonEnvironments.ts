import { createHash } from 'node:crypto';
import { access, constants, lstat, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson } from '../../domain/canonical.js';
import { readPythonLock } from '../../domain/build/pythonLock.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import type { PreparedPython, PythonEnvironments, PythonLock } from '../../ports/pythonEnvironments.js';
import type { StepResult, StepRunner } from '../../ports/stepRunner.js';
import { askInterpreter, findInterpreter, type Interpreter } from './interpreter.js';
import { openShelf } from './shelf.js';

export interface PythonOptions {
  /** Where environments are kept, for all installations of this user. */
  readonly folder: string;
  /** Where `python3` is looked for. */
  readonly path: string;
  /** Runs the installation like any other command of a repository. */
  readonly steps: StepRunner;
  /** The image that steps run in, whose `python3` it is then. */
  readonly image?: string;
}

/** Wheels only: a source package would run code of its own, and what it builds has no hash. */
const INSTALL = [
  '"$PYTHON" -m venv venv',
  'venv/bin/python -m pip install --quiet --no-input --disable-pip-version-check --require-hashes --only-binary :all: --requirement requirements.lock',
].join(' && ');

export const createPythonEnvironments = ({ folder, path, steps, image }: PythonOptions): PythonEnvironments => {
  const shelf = openShelf(folder, image === undefined ? hasInterpreter : hasLink);
  let found: Promise<Interpreter | undefined> | undefined;
  const find = async (): Promise<Interpreter | undefined> => {
    if (image === undefined) return findInterpreter(path);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return askInterpreter(steps, folder);
  };
  const interpreter = (): Promise<Interpreter | undefined> =>
    (found ??= find().catch((error: unknown) => {
      // An engine that did not answer may do so the next time.
      found = undefined;
      throw error;
    }));

  const make = async (
    python: Interpreter,
    place: string,
    pins: string,
    lock: Omit<PythonLock, 'text'>,
    onOutput: (chunk: Uint8Array) => void,
    signal: AbortSignal,
  ): Promise<StepResult> => {
    const temporary = join(place, 'tmp');
    await mkdir(temporary);
    await writeFile(join(place, 'requirements.lock'), pins);
    const result = await steps.run(
      {
        command: INSTALL,
        directory: place,
        network: true,
        env: {
          // Of this one alone: what one repository's installation left, another's would find.
          PIP_CACHE_DIR: join(temporary, 'pip'),
          ...lock.env,
          PYTHON: python.executable,
          HOME: temporary,
          TMPDIR: temporary,
          LANG: 'C.UTF-8',
        },
        timeoutMs: lock.timeoutMs,
      },
      onOutput,
      signal,
    );
    await rm(temporary, { recursive: true, force: true });
    return result;
  };

  return {
    version: async () => (await interpreter())?.version,
    prepare: async (lock, onOutput, signal) => {
      const python = await interpreter();
      if (python === undefined)
        throw new SlipwayError('python_missing', 'slipway.yaml names a lock file, and no python3 on PATH answers');
      const pins = readPythonLock(lock.text);
      const key = keyOf({ ...python, pins, ...(image === undefined ? {} : { image }) });
      const there = await shelf.find(key);
      if (there !== undefined) return ready(there);
      const place = await shelf.begin(key);
      try {
        const result = await make(python, place, pins, lock, onOutput, signal);
        if (result.end.kind !== 'exited' || result.end.code !== 0) {
          await shelf.discard(place);
          return { kind: 'failed', result };
        }
        const kept = await shelf.finish(key, place);
        await shelf.sweep();
        return ready(kept);
      } catch (error) {
        await shelf.discard(place);
        throw error;
      }
    },
  };
};

const ready = (place: string): PreparedPython => {
  const venv = join(place, 'venv');
  return { kind: 'ready', tools: { folder: venv, programs: join(venv, 'bin') }, env: { VIRTUAL_ENV: venv } };
};

/** The same for whatever gives the same environment. */
const keyOf = (parts: Readonly<Record<string, string>>): string =>
  createHash('sha256')
    .update(canonicalJson({ ...parts, platform: `${process.platform}-${process.arch}` }))
    .digest('hex')
    .slice(0, 32);

const PYTHON = 'venv/bin/python';

const hasInterpreter = (environment: string): Promise<boolean> =>
  holds(access(join(environment, PYTHON), constants.X_OK));

/** The link leads to a file of the image, which this machine need not have. */
const hasLink = (environment: string): Promise<boolean> => holds(lstat(join(environment, PYTHON)));

const holds = (found: Promise<unknown>): Promise<boolean> =>
  found.then(
    () => true,
    () => false,
  );
