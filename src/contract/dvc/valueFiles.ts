import type { ParamOrigin, ParamValue } from '../../domain/spec/types.js';
import { paramName } from '../names.js';
import { valueAt } from '../yaml/problemsOf.js';
import { readYaml } from '../yaml/readYaml.js';
import { keysOf } from './templates.js';

export type Loaded = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly why: string };
export type FoundParam = { readonly ok: true; readonly name: string } | { readonly ok: false; readonly why: string };

/** Files of values that a dvc.yaml refers to, each read once, and the parameters that its stages take from them. */
export interface ValueFiles {
  load(path: string): Loaded;
  /** Takes one parameter, and gives it a name: its key, and for another file than params.yaml at the root that before it. */
  take(path: string, key: string): FoundParam;
  params(): Readonly<Record<string, ParamValue>>;
  /** Where each parameter stands. */
  origins(): Readonly<Record<string, ParamOrigin>>;
}

/** Of all stages together, and of one value: a file of parameters is no place for data. */
const MOST_PARAMS = 1000;
const MOST_TEXT = 65_536;

export const openValueFiles = (read: (path: string) => string | undefined): ValueFiles => {
  const loaded = new Map<string, Loaded>();
  const taken = new Map<string, FoundParam>();
  const params = new Map<string, ParamValue>();
  const origins = new Map<string, ParamOrigin>();
  const load = (path: string): Loaded => {
    const known = loaded.get(path) ?? parse(path, read(path));
    loaded.set(path, known);
    return known;
  };
  const take = (path: string, key: string, name: string): FoundParam => {
    const file = load(path);
    if (!file.ok) return file;
    const keys = keysOf(key);
    const value = valueAt(file.value, keys);
    if (value === undefined) return { ok: false, why: `${path} has no ${key}` };
    if (!paramName.safeParse(name).success) return { ok: false, why: `${name} is no name of a parameter` };
    if (params.size >= MOST_PARAMS) return { ok: false, why: `the stages take more than ${MOST_PARAMS} parameters` };
    const single = typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string';
    const whole = single ? value : JSON.stringify(value);
    if (String(whole).length > MOST_TEXT)
      return { ok: false, why: `${name} has more than ${MOST_TEXT.toLocaleString('en')} characters` };
    params.set(name, whole);
    if (single) origins.set(name, { file: path, keys });
    return { ok: true, name };
  };
  return {
    load,
    take: (path, key) => {
      const name = path === 'params.yaml' ? key : `${path.replaceAll('/', '.')}.${key}`;
      const known = taken.get(name) ?? take(path, key, name);
      taken.set(name, known);
      return known;
    },
    params: () => Object.fromEntries(params),
    origins: () => Object.fromEntries(origins),
  };
};

/** JSON is YAML, too. */
const parse = (path: string, text: string | undefined): Loaded => {
  if (!/\.(?:ya?ml|json)$/.test(path)) return { ok: false, why: `${path} is no file of YAML or JSON` };
  if (text === undefined) return { ok: false, why: `there is no ${path}` };
  const { value, problems } = readYaml(text, path);
  const [first] = problems;
  return first === undefined
    ? { ok: true, value: value ?? {} }
    : { ok: false, why: `${path}:${first.line}:${first.column}: ${first.message}` };
};
