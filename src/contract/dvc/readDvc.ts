import { cycleThrough } from '../../domain/build/graph.js';
import { overlaps } from '../../domain/build/matchPath.js';
import { feeds, stepsOfStages, type Stage } from '../../domain/build/stages.js';
import type { BuildSpec } from '../../domain/spec/types.js';
import { checkYaml, type RuleBreach } from '../yaml/checkYaml.js';
import type { Problem } from '../yaml/problem.js';
import { showPath, valueAt } from '../yaml/problemsOf.js';
import { readYaml } from '../yaml/readYaml.js';
import { readStages } from './readStages.js';
import { folderOf } from './repositoryPaths.js';
import { dvcSchema } from './schema.js';
import { openValueFiles } from './valueFiles.js';

/** Text of a file of the repository; undefined where it is not there. */
export type ReadFile = (path: string) => string | undefined;

export type ReadDvc =
  { readonly ok: true; readonly build: BuildSpec } | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * An existing dvc.yaml as a build: its stages as they are, with the values of its templates filled in. Every mistake,
 * and everything of DVC that Slipway does not do, is a problem with its place.
 */
export const readDvc = (text: string, path: string, read: ReadFile): ReadDvc => {
  const checked = checkYaml(text, path, dvcSchema, refusals);
  if (!checked.ok) return { ok: false, problems: withoutEchoes(checked.problems) };
  const breaches: RuleBreach[] = [];
  const files = openValueFiles(read);
  const stages = readStages(checked.value, folderOf(path), files, (breach) => breaches.push(breach));
  // What could not be read would only be told a second time.
  if (breaches.length === 0) breaches.push(...graphBreaches(stages, Object.keys(checked.value.stages)));
  if (breaches.length === 0)
    return { ok: true, build: { params: files.params(), origins: files.origins(), steps: stepsOfStages(stages) } };
  const { place } = readYaml(text, path);
  const problems = breaches.map(({ path: at, ...breach }) => ({
    file: path,
    ...place(at),
    path: showPath(at),
    ...breach,
  }));
  return { ok: false, problems: problems.sort((a, b) => a.line - b.line || a.column - b.column) };
};

const REFUSED = {
  foreach: 'stages written out one by one',
  matrix: 'stages written out one by one',
  do: 'stages written out one by one',
  vars: 'vars at the top of the file',
} as const;

const refusals = (value: unknown): readonly RuleBreach[] => {
  const stages = valueAt(value, ['stages']);
  const names = typeof stages === 'object' && stages !== null ? Object.keys(stages) : [];
  return names.flatMap((name) =>
    Object.entries(REFUSED).flatMap(([key, expected]) =>
      valueAt(value, ['stages', name, key]) === undefined
        ? []
        : [{ path: ['stages', name, key], message: `${key} of DVC is not read by Slipway`, expected }],
    ),
  );
};

/** A key that was refused by name is no unknown key besides, and its stage has no `cmd` to miss. */
const withoutEchoes = (problems: readonly Problem[]): readonly Problem[] => {
  const refused = problems.filter((one) => one.message.endsWith('is not read by Slipway')).map((one) => one.path);
  const stages = new Set(refused.map((path) => path.slice(0, path.lastIndexOf('.'))));
  return problems.filter(
    ({ path, message }) =>
      !(message === 'unknown key' && refused.includes(path)) &&
      !(path.endsWith('.cmd') && stages.has(path.slice(0, -'.cmd'.length))),
  );
};

/** Every file is written by one stage, and none waits for itself. */
const MAX_STAGES = 50;

const graphBreaches = (stages: readonly Stage[], written: readonly string[]): readonly RuleBreach[] => {
  const at = (stage: Stage) => [
    'stages',
    written.find((name) => name.toLowerCase().replaceAll('_', '-') === stage.name) ?? stage.name,
  ];
  if (stages.length === 0 || stages.length > MAX_STAGES)
    return [{ path: ['stages'], message: `has ${stages.length} stages that run`, expected: `1 to ${MAX_STAGES}` }];
  const twice = stages.flatMap((stage, index): readonly RuleBreach[] => {
    const before = stages.slice(0, index);
    if (before.some(({ name }) => name === stage.name))
      return [
        {
          path: at(stage),
          message: `another stage is the step ${stage.name}, too`,
          expected: 'names that differ in more than _ and capitals',
        },
      ];
    const other = before.find(({ writes }) => writes.some((path) => stage.writes.some((own) => overlaps(own, path))));
    return other === undefined
      ? []
      : [
          {
            path: at(stage),
            message: `${other.name} writes what ${stage.name} writes`,
            expected: 'each file as the output of one stage',
          },
        ];
  });
  const needs = new Map(
    stages.map((stage) => [stage.name, stages.filter((other) => feeds(other, stage)).map(({ name }) => name)]),
  );
  const told = new Set<string>();
  const cycles = stages.flatMap((stage): readonly RuleBreach[] => {
    const way = cycleThrough(needs, stage.name);
    if (way === undefined || way.some((name) => told.has(name))) return [];
    for (const name of way) told.add(name);
    return [
      {
        path: at(stage),
        message: `the stages wait for each other: ${way.join(' → ')}`,
        expected: 'stages without a cycle',
      },
    ];
  });
  return [...twice, ...cycles];
};
