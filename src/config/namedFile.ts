import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { SlipwayError } from '../domain/errors/slipwayError.js';

/** Content of a file that the operator's file names, relative to it, without the line break at its end. */
export const readNamedFile = (configFile: string, path: string, key: string): string => {
  try {
    return readFileSync(resolve(dirname(configFile), path), 'utf8').trimEnd();
  } catch (cause) {
    throw new SlipwayError(
      'config_invalid',
      `${configFile}: ${key}: ${path} cannot be read`,
      { file: configFile, key },
      { cause },
    );
  }
};
