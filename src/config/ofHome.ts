/** What commands read of a home that may be another than that of the environment. */
import { existsSync } from 'node:fs';
import type { OperatorTerms } from '../domain/spec/minimum.js';
import { DEFAULTS, parseOperator, readOperatorFile } from './operator.js';
import type { OperatorFile } from './schema.js';
import { rolesUnheard } from './unheard.js';
import { stepsOf, toModel, type StepsConfig } from './values.js';
import { homeOf, readVariables, type Home } from './variables.js';

const at = (home: string): Home => homeOf({ ...readVariables(), SLIPWAY_HOME: home });

/** What the operator's file of a home has and asks of a model's slipway.yaml; nothing where there is no such file or model. */
export const readTerms = (home: string, name: string): OperatorTerms => {
  const { configFile } = at(home);
  if (!existsSync(configFile)) return {};
  const { models, environments } = readOperatorFile(configFile);
  const model = models.find((one) => one.name === name);
  return model === undefined
    ? {}
    : { minimum: toModel(model).minimum, environments: environments.map((one) => one.name) };
};

/** Roles that no notification of this home's installation reaches. */
export const unheardIn = (home: string): readonly string[] => rolesUnheard(readOperatorFile(at(home).configFile));

/** What runs commands in the workers of this home. */
export const stepsIn = (home: string): StepsConfig => {
  const { configFile } = at(home);
  return stepsOf(existsSync(configFile) ? readOperatorFile(configFile) : DEFAULTS);
};

/** Where the tokens of an installation are kept, and who may get one. */
export const tokenSettings = (
  home: string,
): { readonly tokensFile: string; readonly identities: () => OperatorFile['identities'] } => {
  const { tokensFile, configFile } = at(home);
  return { tokensFile, identities: () => readOperatorFile(configFile).identities };
};

/**
 * What an operator's file says of the lock of the ledger's bucket: the text of one, else the file that belongs to this
 * home; where there is none, what holds then.
 */
export const retentionIn = (home: string, text: string | undefined): OperatorFile['store']['ledgerRetention'] => {
  const { configFile } = at(home);
  const file =
    text !== undefined
      ? parseOperator(text, 'slipway.config.yaml')
      : existsSync(configFile)
        ? readOperatorFile(configFile)
        : DEFAULTS;
  return file.store.ledgerRetention;
};
