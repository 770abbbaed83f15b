import { SlipwayError } from '../domain/errors/slipwayError.js';

type Param = string | number | boolean;

/** `--param name=value`, any number of times; numbers and booleans are recognised. */
export const readParams = (words: readonly string[] = []): Readonly<Record<string, Param>> =>
  Object.fromEntries(words.map(readParam));

const readParam = (text: string): readonly [string, Param] => {
  const at = text.indexOf('=');
  if (at <= 0) throw new SlipwayError('usage', `${text} is not of the form name=value`);
  const value = text.slice(at + 1);
  if (value === 'true' || value === 'false') return [text.slice(0, at), value === 'true'];
  return [text.slice(0, at), value !== '' && Number.isFinite(Number(value)) ? Number(value) : value];
};
