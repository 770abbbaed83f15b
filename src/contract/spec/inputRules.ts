/** Rules between fields of one input of an approval. */
import { fits, sayQuestion, type InputQuestion, type InputValue } from '../../domain/approval/inputs.js';
import type { RuleBreach } from '../yaml/checkYaml.js';
import { valueAt } from '../yaml/problemsOf.js';
import type { YamlPath } from '../yaml/readYaml.js';

/** A range that nothing is in, and a default that would be refused: nobody could approve. */
export const inputRules = (value: unknown, path: YamlPath): readonly RuleBreach[] => {
  const asked = valueAt(value, path);
  if (typeof asked !== 'object' || asked === null || Array.isArray(asked)) return [];
  return Object.keys(asked).flatMap((name) => questionRules(value, [...path, name]));
};

const questionRules = (value: unknown, path: YamlPath): readonly RuleBreach[] => {
  const [min, max] = [valueAt(value, [...path, 'min']), valueAt(value, [...path, 'max'])];
  if (typeof min === 'number' && typeof max === 'number' && min > max)
    return [{ path: [...path, 'min'], message: `min ${min} is above max ${max}`, expected: `at most ${max}` }];
  const given = valueAt(value, [...path, 'default']);
  const question = valueAt(value, path);
  if (given === undefined || !isQuestion(question) || !isValue(given) || fits(question, given)) return [];
  return [
    {
      path: [...path, 'default'],
      message: `${JSON.stringify(given)} does not answer it`,
      expected: sayQuestion(question),
    },
  ];
};

const isValue = (given: unknown): given is InputValue => ['string', 'number', 'boolean'].includes(typeof given);

/** As far as an answer can be held against it; the schema says what else is wrong with it. */
const isQuestion = (question: unknown): question is InputQuestion => {
  if (typeof question !== 'object' || question === null) return false;
  const { type, of, pattern } = question as Readonly<Record<string, unknown>>;
  if (type === 'choice') return Array.isArray(of) && of.every((one) => typeof one === 'string');
  if (type === 'text') return pattern === undefined || typeof pattern === 'string';
  return type === 'number' || type === 'boolean';
};
