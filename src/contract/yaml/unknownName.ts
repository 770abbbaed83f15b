import type { RuleBreach } from './checkYaml.js';
import { nearest } from './nearest.js';
import type { YamlPath } from './readYaml.js';

/**
 * A name that stands for nothing, with those that do.
 *
 * @example unknownName(['defaultChannel'], 'oncal', ['oncall'], 'channel')
 *   // { message: 'there is no channel "oncal"', expected: 'one of oncall', nearest: 'oncall', ... }
 */
export const unknownName = (path: YamlPath, name: string, known: readonly string[], kind: string): RuleBreach => {
  const near = nearest(name, known);
  const expected =
    known.length === 0 ? `the name of one of the ${kind}s; there are none` : `one of ${known.join(', ')}`;
  return {
    path,
    message: `there is no ${kind} ${JSON.stringify(name)}`,
    expected,
    ...(near === undefined ? {} : { nearest: near }),
  };
};
