import { readFileSync } from 'node:fs';
import { checkYaml } from '../contract/yaml/checkYaml.js';
import { formatProblem } from '../contract/yaml/problem.js';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import { operatorRules } from './rules.js';
import { operatorSchema, type OperatorFile } from './schema.js';

/** What holds where there is no operator's file. */
export const DEFAULTS: OperatorFile = operatorSchema.parse({ version: 1, installation: 'none' });

/** Reads the operator's file; `config_invalid` with file, line and column of every mistake. */
export const readOperatorFile = (file: string): OperatorFile => parseOperator(readText(file), file);

export const parseOperator = (text: string, file: string): OperatorFile => {
  const checked = checkYaml(text, file, operatorSchema, operatorRules);
  if (checked.ok) return checked.value;
  const lines = checked.problems.map(formatProblem);
  throw new SlipwayError('config_invalid', `${file} has mistakes:\n${lines.join('\n')}`, {
    problems: checked.problems,
  });
};

const readText = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    const why = missing ? 'does not exist (slipway dev writes one at its first start)' : 'cannot be read';
    throw new SlipwayError('config_invalid', `${file} ${why}`, { file }, { cause });
  }
};
