import { readFileSync, realpathSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { overrideParams } from '../src/contract/dvc/overrideParams.js';
import type { ParamOrigin, ParamValue } from '../src/domain/spec/types.js';

const MAX_BYTES = 1024 * 1024;

/** Text of a file of a fresh checkout; undefined also where a link leads out of it, or it is too large to be read. */
export const readInCheckout = (directory: string, path: string): string | undefined => {
  try {
    const file = realpathSync(join(directory, path));
    const info = statSync(file);
    const own = file.startsWith(realpathSync(directory) + sep);
    return own && info.isFile() && info.size <= MAX_BYTES ? readFileSync(file, 'utf8') : undefined;
  } catch {
    return undefined;
  }
};

/** Stages of DVC read their parameters from files of the repository; so what a release overrides must stand there. */
export const writeOverrides = async (
  directory: string,
  origins: Readonly<Record<string, ParamOrigin>>,
  overrides: Readonly<Record<string, ParamValue>>,
): Promise<void> => {
  const changed = Object.entries(overrides).flatMap(([name, value]) => {
    const origin = Object.hasOwn(origins, name) ? origins[name] : undefined;
    return origin === undefined ? [] : [{ ...origin, value }];
  });
  for (const file of new Set(changed.map((one) => one.file))) {
    const text = readInCheckout(directory, file);
    if (text === undefined) continue;
    const own = changed.filter((one) => one.file === file);
    await writeFile(realpathSync(join(directory, file)), overrideParams(text, own));
  }
};
