import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import type { CommandSpec, InstallSpec, Spec } from '../src/domain/spec/types.js';
import type { PreparedPython } from '../src/ports/pythonEnvironments.js';
import type { StepResult } from '../src/ports/stepRunner.js';
import { describeEnd, succeeded } from './describeEnd.js';
import type { GuardedFolder } from './guardedFolder.js';
import type { Ports } from './ports.js';
import type { StageLog } from './stageLog.js';
import { readWritten } from './writtenFile.js';

/** As far as the workspace is there before anything is installed. */
interface Checkout {
  readonly files: GuardedFolder;
  readonly spec: Pick<Spec, 'install'>;
  run(command: CommandSpec, log: Pick<StageLog, 'write' | 'note'>, signal: AbortSignal): Promise<StepResult>;
}

type Added = Omit<PreparedPython & { readonly kind: 'ready' }, 'kind'>;

/** The environment of the lock file first, and then the command, which has its programs already. */
export const installCheckout = async (
  ports: Ports,
  checkout: Checkout,
  log: Pick<StageLog, 'write' | 'note'>,
  signal: AbortSignal,
  add: (added: Added) => void,
): Promise<SlipwayError | undefined> => {
  const { install } = checkout.spec;
  if (install === undefined) return undefined;
  if (install.python !== undefined) {
    const prepared = await ports.python.prepare(
      {
        text: await readLock(checkout.files, install.python),
        env: ports.settings.stepEnv,
        timeoutMs: install.timeoutMs,
      },
      log.write,
      signal,
    );
    if (prepared.kind === 'failed') return failed(`install of ${install.python}`, install, prepared.result);
    log.note(`${install.python} is installed, with Python ${await ports.python.version()}`);
    add(prepared);
  }
  const { run } = install;
  if (run === undefined) return undefined;
  const result = await checkout.run({ ...install, run }, log, signal);
  return succeeded(result) ? undefined : failed('install', install, result);
};

const MAX_LOCK_BYTES = 16 * 1024 * 1024;

const readLock = async (files: GuardedFolder, path: string): Promise<string> => {
  const found = await readWritten(files, path, MAX_LOCK_BYTES);
  if ('text' in found) return found.text;
  const why = found.missing ? 'and the commit has no such file' : `which ${found.problem}`;
  throw new SlipwayError('input_missing', `install.python is ${path}, ${why}`, { path });
};

const failed = (name: string, { timeoutMs }: InstallSpec, result: StepResult): SlipwayError =>
  new SlipwayError(
    result.end.kind === 'timeout' ? 'step_timeout' : 'step_failed',
    describeEnd(name, timeoutMs, result),
    { step: 'install', end: result.end },
  );
