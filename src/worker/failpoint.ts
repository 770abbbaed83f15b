import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Kills this process without warning the first time that a named point is passed, for tests of what is left between an
 * effect and its acknowledgement. Named `<point>=stop` it is only stopped, as a machine is that was suspended, until
 * somebody lets it go on. Only the test configuration names any; what was passed is remembered on disk.
 */
export const createFailpoint =
  (names: readonly string[], folder: string) =>
  (name: string): void => {
    const stops = names.includes(`${name}=stop`);
    if (!stops && !names.includes(name)) return;
    const passed = join(folder, `failpoint-${name}`);
    if (existsSync(passed)) return;
    mkdirSync(passed, { recursive: true });
    process.kill(process.pid, stops ? 'SIGSTOP' : 'SIGKILL');
  };
