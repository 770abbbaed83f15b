import { SlipwayError } from '../domain/errors/slipwayError.js';
import type { ServerPorts, ServerSettings } from './ports.js';

export const knownModel = ({ settings }: ServerPorts, name: string): ServerSettings['models'][number] => {
  const model = settings.models.find((known) => known.name === name);
  if (model === undefined) throw new SlipwayError('unknown_model', `no model ${name} is configured`, { model: name });
  return model;
};

export const knownEnvironment = ({ settings }: ServerPorts, name: string): void => {
  if (!settings.environments.includes(name)) {
    throw new SlipwayError('unknown_environment', `no environment ${name} is configured`, { environment: name });
  }
};

/** Undefined where the thing asked for is not there. */
export const orAbsent = async <T>(asked: Promise<T>): Promise<T | undefined> => {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof SlipwayError && error.code === 'not_found') return undefined;
    throw error;
  }
};

/** At most `width` at a time, results in the order of the items. */
export const eachOf = async <T, R>(
  items: readonly T[],
  width: number,
  ask: (item: T) => Promise<R>,
): Promise<readonly R[]> => {
  const results: R[] = [];
  for (let from = 0; from < items.length; from += width) {
    results.push(...(await Promise.all(items.slice(from, from + width).map(ask))));
  }
  return results;
};
