import { setTimeout as delay } from 'node:timers/promises';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import { readText, writeWhole } from './files.js';
import { freePorts, isFree } from './freePorts.js';
import type { HomeFiles } from './home.js';

export interface Ports {
  readonly temporal: number;
  readonly temporalUi: number;
  readonly store: number;
  readonly api: number;
}

const NAMES = ['temporal', 'temporalUi', 'store', 'api'] as const;
/** Processes of a supervisor that was killed end with it, but not before it. */
const TAKEN_TRIES = 20;
const TAKEN_WAIT_MS = 100;

/**
 * Ports of this home: those that were asked for, else those of last time, so that addresses stay the same, else free
 * ones. `port_taken` when one that was asked for is in use; one of last time that is in use now is replaced.
 */
export const choosePorts = async (files: HomeFiles, asked: Partial<Ports>): Promise<Ports> => {
  const before = parse(await readText(files.ports));
  const fresh = await freePorts(NAMES.length);
  const chosen: Record<string, number> = {};
  for (const [index, name] of NAMES.entries()) {
    const wanted = asked[name];
    if (wanted !== undefined && wanted !== 0)
      await assertFree(wanted, `--${name === 'api' ? 'port' : `${name}-port`} ${wanted}`);
    const last = before[name];
    chosen[name] =
      wanted !== undefined && wanted !== 0
        ? wanted
        : last !== undefined && (await isFreeSoon(last))
          ? last
          : (fresh[index] ?? 0);
  }
  await writeWhole(files.ports, JSON.stringify(chosen));
  return chosen as unknown as Ports;
};

/** `port_taken` when somebody listens there. */
export const assertFree = async (port: number, whose: string, host = '127.0.0.1'): Promise<void> => {
  if (await isFreeSoon(port, host)) return;
  throw new SlipwayError('port_taken', `port ${port} is used by another program (${whose})`, { port });
};

const isFreeSoon = async (port: number, host = '127.0.0.1'): Promise<boolean> => {
  for (let tries = 1; !(await isFree(port, host)); tries += 1) {
    if (tries === TAKEN_TRIES) return false;
    await delay(TAKEN_WAIT_MS);
  }
  return true;
};

const parse = (text: string | undefined): Partial<Ports> => {
  try {
    return text === undefined ? {} : (JSON.parse(text) as Partial<Ports>);
  } catch {
    return {};
  }
};
