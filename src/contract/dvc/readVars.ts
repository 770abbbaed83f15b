import type { RuleBreach } from '../yaml/checkYaml.js';
import type { YamlPath } from '../yaml/readYaml.js';
import { joinPath } from './repositoryPaths.js';
import type { WrittenDvc } from './schema.js';
import type { ValueFiles } from './valueFiles.js';

export type Tell = (breach: RuleBreach) => void;

export const DEFAULT_VALUES = 'params.yaml';

/** As DVC does it: params.yaml beside dvc.yaml where there is one, and over it what `vars` names, in order. */
export const readVars = (vars: WrittenDvc['vars'], folder: string, files: ValueFiles, tell: Tell): unknown => {
  const standard = files.load(joinPath(folder, DEFAULT_VALUES) ?? DEFAULT_VALUES);
  return withVars(standard.ok ? standard.value : {}, vars, folder, files, { at: ['vars'], tell });
};

/** These values, and over them what `vars` names, in order; files are looked for in `folder`. */
export const withVars = (
  values: unknown,
  vars: WrittenDvc['vars'],
  folder: string,
  files: ValueFiles,
  { at: root, tell }: { readonly at: YamlPath; readonly tell: Tell },
): unknown => {
  const all = [values];
  for (const [index, item] of vars.entries()) {
    if (typeof item !== 'string') {
      all.push(item);
      continue;
    }
    const path: YamlPath = [...root, index];
    const [file = '', keys] = item.split(':');
    const at = joinPath(folder, file);
    const loaded = at === undefined ? undefined : files.load(at);
    if (loaded?.ok !== true) {
      tell({
        path,
        message: loaded?.why ?? `${file} leads out of the repository`,
        expected: 'a file of YAML or JSON in the repository',
      });
      continue;
    }
    const value = loaded.value as Readonly<Record<string, unknown>>;
    const wanted = keys?.split(',').map((key) => key.trim());
    all.push(
      wanted === undefined ? value : Object.fromEntries(Object.entries(value).filter(([key]) => wanted.includes(key))),
    );
  }
  return all.reduce(merge);
};

const merge = (one: unknown, other: unknown): unknown => {
  if (!isMapping(one) || !isMapping(other)) return other;
  return Object.fromEntries(
    [...new Set([...Object.keys(one), ...Object.keys(other)])].map((key) => [
      key,
      !Object.hasOwn(other, key) ? one[key] : Object.hasOwn(one, key) ? merge(one[key], other[key]) : other[key],
    ]),
  );
};

const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
