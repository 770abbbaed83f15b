import type { Stage } from '../../domain/build/stages.js';
import { name as nameSchema } from '../names.js';
import type { YamlPath } from '../yaml/readYaml.js';
import { expandStages, MAX_STAGES, type Expanded } from './expandStages.js';
import { DEFAULT_VALUES, readVars, withVars, type Tell } from './readVars.js';
import { joinPath } from './repositoryPaths.js';
import type { WrittenDvc } from './schema.js';
import { fillIn, newRoom, type Room } from './templates.js';
import type { ValueFiles } from './valueFiles.js';

/** A stage that runs, and the key of `stages` that it comes from. */
export interface ReadStage {
  readonly written: string;
  readonly stage: Stage;
}

/** The stages that run, in the order of the file. A frozen one does not: what it writes must be in the repository. */
export const readStages = (
  { vars, stages }: WrittenDvc,
  folder: string,
  files: ValueFiles,
  tell: Tell,
): readonly ReadStage[] => {
  const room = newRoom();
  let told = false;
  const expanded = expandStages(stages, readVars(vars, folder, files, tell), room, (breach) => {
    told = true;
    tell(breach);
  }).filter(({ stage }) => !stage.frozen);
  if (told) return [];
  if (expanded.length === 0 || expanded.length > MAX_STAGES) {
    tell({
      path: ['stages'],
      message: `has ${expanded.length} stages that run`,
      expected: `1 to ${MAX_STAGES}`,
    });
    return [];
  }
  return expanded.map((one) => ({ written: one.written, stage: readStage(one, folder, files, room, tell) }));
};

const readStage = (expanded: Expanded, folder: string, files: ValueFiles, room: Room, tell: Tell): Stage => {
  const { name, root, stage } = expanded;
  let { values } = expanded;
  const fill = (text: string, path: YamlPath): string => {
    const filled = fillIn(text, values, room);
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
  values = withVars(values, stage.vars, directory, files, { at: [...root, 'vars'], tell });
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
    name: checkedName(name, root, tell),
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

/** `Train_model` is the step `train-model`, and `train@eu.west` is `train-eu-west`. */
export const stepName = (stage: string): string => stage.toLowerCase().replaceAll(/[^a-z0-9-]+/g, '-');

const checkedName = (name: string, path: YamlPath, tell: Tell): string => {
  const step = stepName(name);
  if (!nameSchema.safeParse(step).success)
    tell({
      path,
      message: `${name} cannot be the name of a step`,
      expected: 'letters, digits, dashes and _, at most 63',
    });
  return step;
};
