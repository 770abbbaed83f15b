/** Lists of the operator's file before anything is known of it. */
import { valueAt } from '../contract/yaml/problemsOf.js';
import type { YamlPath } from '../contract/yaml/readYaml.js';

export const names = (value: unknown, path: YamlPath): readonly string[] =>
  list(value, path)
    .map((_, index) => valueAt(value, [...path, index, 'name']))
    .filter((name) => typeof name === 'string');

export const list = (value: unknown, path: YamlPath): readonly unknown[] => {
  const found = valueAt(value, path);
  return Array.isArray(found) ? found : [];
};
