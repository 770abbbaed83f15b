import type { Stage } from '../../domain/build/stages.js';
import { name as nameSchema } from '../names.js';
import type { RuleBreach } from '../yaml/checkYaml.js';
import type { YamlPath } from '../yaml/readYaml.js';
import { joinPath } from './repositoryPaths.js';
import type { WrittenDvc, WrittenStage } from './schema.js';
import { fillIn } from './templates.js';
import type { ValueFiles } from './valueFiles.js';

type Tell = (breach: RuleBreach) => void;

const DEFAULT_VALUES = 'params.yaml';

/** The stages that run, in the order of the file. A frozen one does not: what it writes must be in the repository. */
export const readStages = (
  { vars, stages }: WrittenDvc,
  folder: string,
  files: ValueFiles,
  tell: Tell,
): readonly Stage[] => {
  const values = readVars(vars, folder, files, tell);
  return Object.entries(stages)
    .filter(([, stage]) => !stage.frozen)
    .map(([name, stage]) => readStage({ name, stage, folder, values, files, tell }));
};

/** As DVC does it: params.yaml beside dvc.yaml where there is one, and over it what `vars` names, in order. */
const readVars = (vars: WrittenDvc['vars'], folder: string, files: ValueFiles, tell: Tell): unknown => {
  const standard = files.load(joinPath(folder, DEFAULT_VALUES) ?? DEFAULT_VALUES);
  const all = [standard.ok ? standard.value : {}];
  for (const [index, item] of vars.entries()) {
    if (typeof item !== 'string') {
      all.push(item);
      continue;
    }
    const path: YamlPath = ['vars', index];
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

interface Asked {
  readonly name: string;
  readonly stage: WrittenStage;
  readonly folder: string;
  readonly values: unknown;
  readonly files: ValueFiles;
  readonly tell: Tell;
}

const readStage = ({ name, stage, folder, values, files, tell }: Asked): Stage => {
  const root: YamlPath = ['stages', name];
  const fill = (text: string, path: YamlPath): string => {
    const filled = fillIn(text, values);
    if (filled.ok) return filled.text;
    tell({ path, message: filled.why, expected: 'a value of params.yaml or vars' });
    return text;
  };
  const place = (from: string, text: string, path: YamlPath): string => {
    const written = fill(text, path);
    const joined = joinPath(from, written);
    if (joined !== undefined) return joined;
    tell({
      path,
      message: `${written} is not in the repository`,
      expected: 'a path of the repository; data from elsewhere is an input of a step in slipway.yaml',
    });
    return '';
  };
  const directory = stage.wdir === undefined ? folder : place(folder, stage.wdir, [...root, 'wdir']);
  const writes = (['outs', 'metrics', 'plots'] as const).flatMap((key) =>
    stage[key].map((item, index) =>
      typeof item === 'string'
        ? place(directory, item, [...root, key, index])
        : place(directory, Object.keys(item)[0] ?? '', [...root, key, index]),
    ),
  );
  const params: string[] = [];
  const whole: string[] = [];
  for (const [index, item] of stage.params.entries()) {
    const path: YamlPath = [...root, 'params', index];
    const sources = typeof item === 'string' ? { [DEFAULT_VALUES]: item.split(',').map((key) => key.trim()) } : item;
    for (const [file, keys] of Object.entries(sources)) {
      const at = place(directory, file, path);
      if (keys === null || keys.length === 0) whole.push(at);
      for (const key of keys ?? []) {
        const taken = files.take(at, fill(key, path));
        if (taken.ok) params.push(taken.name);
        else tell({ path, message: taken.why, expected: 'a key of a file of YAML or JSON' });
      }
    }
  }
  return {
    name: stepName(name, root, tell),
    commands: [stage.cmd]
      .flat()
      .map((cmd, index) => fill(cmd, Array.isArray(stage.cmd) ? [...root, 'cmd', index] : [...root, 'cmd'])),
    folder: directory,
    reads: [...stage.deps.map((dep, index) => place(directory, dep, [...root, 'deps', index])), ...whole],
    writes: [...new Set(writes)],
    params,
    always: stage.always_changed,
  };
};

/** `Train_model` is the step `train-model`. */
const stepName = (name: string, path: YamlPath, tell: Tell): string => {
  const step = name.toLowerCase().replaceAll('_', '-');
  if (!nameSchema.safeParse(step).success)
    tell({
      path,
      message: `${name} cannot be the name of a step`,
      expected: 'letters, digits, dashes and _, at most 63',
    });
  return step;
};
