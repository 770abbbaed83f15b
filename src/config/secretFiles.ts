/** Credentials that the environment names by file, as clusters hand them over: `<NAME>_FILE` in the place of `<NAME>`. */
import { readFileSync } from 'node:fs';
import { SlipwayError } from '../domain/errors/slipwayError.js';

type Environment = Readonly<Record<string, string | undefined>>;

const BY_FILE = ['SLIPWAY_STORE_ACCESS_KEY', 'SLIPWAY_STORE_SECRET_KEY'] as const;

/** What a process may read of its environment, files read; `config_invalid` where a file is none, or both are set. */
export const withSecretFiles = (environment: Environment): Environment => ({
  ...environment,
  ...Object.fromEntries(
    BY_FILE.flatMap((name) => {
      const file = environment[`${name}_FILE`] ?? '';
      if (file === '') return [];
      if ((environment[name] ?? '') !== '')
        throw new SlipwayError('config_invalid', `${name} and ${name}_FILE are both set: which one counts?`);
      return [[name, contentOf(name, file)]];
    }),
  ),
});

const contentOf = (name: string, file: string): string => {
  const content = read(name, file).trim();
  if (content === '') throw new SlipwayError('config_invalid', `${name}_FILE: ${file} is empty`);
  return content;
};

const read = (name: string, file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new SlipwayError('config_invalid', `${name}_FILE: ${file} cannot be read`, { file }, { cause });
  }
};
