import type { YamlPath } from '../yaml/readYaml.js';
import type { Tell } from './readVars.js';
import type { WrittenDvc, WrittenStage } from './schema.js';
import { fillInAll, type Room } from './templates.js';

/** One stage as it runs: those that `foreach` and `matrix` stand for are written out. */
export interface Expanded {
  /** `train`, or `train@north` as DVC calls it. */
  readonly name: string;
  /** The key of `stages` that it comes from. */
  readonly written: string;
  /** Where its keys stand in the file. */
  readonly root: YamlPath;
  readonly stage: Body;
  /** What its templates are filled in from. */
  readonly values: unknown;
}

type Body = NonNullable<WrittenStage['do']>;

/** As many as a build may have steps. */
export const MAX_STAGES = 50;

/** Writes out what `foreach` and `matrix` stand for, under the names that DVC gives them. */
export const expandStages = (
  stages: WrittenDvc['stages'],
  values: unknown,
  room: Room,
  tell: Tell,
): readonly Expanded[] =>
  Object.entries(stages).flatMap(([written, { foreach, do: each, matrix, ...own }]): readonly Expanded[] => {
    const root: YamlPath = ['stages', written];
    if (foreach !== undefined && each !== undefined) {
      const path = [...root, 'foreach'];
      return itemsOf(filled(foreach, values, path, room, tell), path, tell).map(([name, item, key]) => ({
        name: `${written}@${name}`,
        written,
        root: [...root, 'do'],
        stage: each,
        values: beside(values, { item, ...(key === undefined ? {} : { key }) }),
      }));
    }
    const body: Body = { ...own, cmd: own.cmd ?? [] };
    if (matrix === undefined) return [{ name: written, written, root, stage: body, values }];
    const path = [...root, 'matrix'];
    return combinations(filled(matrix, values, path, room, tell), path, tell).map(([key, item]) => ({
      name: `${written}@${key}`,
      written,
      root,
      stage: body,
      values: beside(values, { item, key }),
    }));
  });

const filled = (value: unknown, values: unknown, path: YamlPath, room: Room, tell: Tell): unknown =>
  fillInAll(value, values, room, (why) => {
    tell({ path, message: why, expected: 'a value of params.yaml or vars' });
  });

/** Name after the @, value, and key of a mapping: only that is a value of the template, too. */
const itemsOf = (
  items: unknown,
  path: YamlPath,
  tell: Tell,
): readonly (readonly [name: string, item: unknown, key?: string])[] => {
  const found: readonly (readonly [string, unknown, string?])[] = Array.isArray(items)
    ? items.map((item: unknown, index) => [items.some(isComposite) ? String(index) : String(item), item])
    : isComposite(items)
      ? Object.entries(items).map(([key, item]) => [key, item, key])
      : [];
  if (found.length > 0 && found.length <= MAX_STAGES) return found;
  tell({ path, message: `stands for ${found.length} stages`, expected: `a list or a mapping of 1 to ${MAX_STAGES}` });
  return [];
};

/** Every choice of one value from each list; a value that is no text or number is called by its list and position. */
const combinations = (
  lists: unknown,
  path: YamlPath,
  tell: Tell,
): readonly (readonly [name: string, item: Readonly<Record<string, unknown>>])[] => {
  const entries = Object.entries(lists as object).map(
    ([variable, list]: [string, unknown]) => [variable, Array.isArray(list) ? (list as unknown[]) : []] as const,
  );
  const count = entries.reduce((product, [, list]) => product * list.length, 1);
  if (entries.length === 0 || count === 0 || count > MAX_STAGES) {
    tell({ path, message: `stands for ${count} stages`, expected: `lists that make 1 to ${MAX_STAGES}` });
    return [];
  }
  return entries
    .reduce<readonly (readonly [readonly string[], Readonly<Record<string, unknown>>])[]>(
      (sofar, [variable, list]) =>
        sofar.flatMap(([names, item]) =>
          list.map(
            (value, index) =>
              [
                [...names, isComposite(value) ? `${variable}${index}` : String(value)],
                { ...item, [variable]: value },
              ] as const,
          ),
        ),
      [[[], {}]],
    )
    .map(([names, item]) => [names.join('-'), item]);
};

const isComposite = (value: unknown): value is object => typeof value === 'object' && value !== null;

const beside = (values: unknown, own: Readonly<Record<string, unknown>>): unknown =>
  isComposite(values) && !Array.isArray(values) ? { ...values, ...own } : own;
