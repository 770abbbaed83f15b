import { readFile } from 'node:fs/promises';
import { SHORTEST_SECRET } from '../../domain/release/maskSecrets.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import type { SecretStore } from '../../ports/secretStore.js';

export interface SecretSource {
  readonly name: string;
  /** Models that may have it. */
  readonly models: readonly string[];
  /** Where it is: a file, read each time so that a new value counts at once, or a value that the process was given. */
  readonly from: { readonly file: string } | { readonly value: string | undefined };
}

const LONGEST = 8 * 1024;

export const createSecretStore = (sources: readonly SecretSource[]): SecretStore => ({
  read: async (model, name) => {
    const source = sources.find((one) => one.name === name && one.models.includes(model));
    const value = source === undefined ? undefined : await valueOf(source);
    if (value === undefined) {
      throw new SlipwayError(
        'secret_refused',
        `${model} has no secret ${name} in slipway.config.yaml, or it is empty`,
        {
          model,
          secret: name,
        },
      );
    }
    if (value.length < SHORTEST_SECRET || value.length > LONGEST) {
      throw new SlipwayError(
        'secret_refused',
        `secret ${name} must have ${SHORTEST_SECRET} to ${LONGEST} characters, so that it can be kept out of logs`,
        { model, secret: name },
      );
    }
    return value;
  },
});

const valueOf = async ({ name, from }: SecretSource): Promise<string | undefined> => {
  if (!('file' in from)) return from.value === '' ? undefined : from.value;
  const text = await readFile(from.file, 'utf8').catch((cause: unknown) => {
    throw new SlipwayError('secret_refused', `the file of secret ${name} cannot be read`, { secret: name }, { cause });
  });
  return text.replace(/\r?\n$/, '') || undefined;
};
