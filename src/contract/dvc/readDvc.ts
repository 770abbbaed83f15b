import { cycleThrough } from '../../domain/build/graph.js';
import { overlaps } from '../../domain/build/matchPath.js';
import { feeds, stepsOfStages, type Stage } from '../../domain/build/stages.js';
import type { BuildSpec } from '../../domain/spec/types.js';
import { checkYaml, problemsOfBreaches, type RuleBreach } from '../yaml/checkYaml.js';
import type { Problem } from '../yaml/problem.js';
import { readYaml } from '../yaml/readYaml.js';
import { readStages, stepName, type ReadStage } from './readStages.js';
import { folderOf } from './repositoryPaths.js';
import { dvcSchema } from './schema.js';
import { stageRules } from './stageRules.js';
import { openValueFiles } from './valueFiles.js';

/** Text of a file of the repository; undefined where it is not there. */
export type ReadFile = (path: string) => string | undefined;

export type ReadDvc =
  | {
      readonly ok: true;
      readonly build: BuildSpec;
      /** Of each step, the stage that it comes from: another one where `foreach` or `matrix` stand for many. */
      readonly families: ReadonlyMap<string, string>;
    }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * An existing dvc.yaml as a build: its stages as they are, with the values of its templates filled in. Every mistake,
 * and everything of DVC that Slipway does not do, is a problem with its place.
 */
export const readDvc = (text: string, path: string, read: ReadFile): ReadDvc => {
  const checked = checkYaml(text, path, dvcSchema, stageRules);
  if (!checked.ok) return checked;
  const breaches: RuleBreach[] = [];
  const files = openValueFiles(read);
  const stages = readStages(checked.value, folderOf(path), files, (breach) => breaches.push(breach));
  // What could not be read would only be told a second time.
  if (breaches.length === 0) breaches.push(...graphBreaches(stages));
  if (breaches.length === 0)
    return {
      ok: true,
      build: {
        params: files.params(),
        origins: files.origins(),
        steps: stepsOfStages(stages.map(({ stage }) => stage)),
      },
      families: new Map(stages.map(({ stage, written }) => [stage.name, stepName(written)])),
    };
  return { ok: false, problems: problemsOfBreaches(breaches, readYaml(text, path), path) };
};

/** Every file is written by one stage, and none waits for itself. */
const graphBreaches = (read: readonly ReadStage[]): readonly RuleBreach[] => {
  const stages = read.map(({ stage }) => stage);
  const at = (stage: Stage) => ['stages', read.find((one) => one.stage === stage)?.written ?? stage.name];
  const twice = stages.flatMap((stage, index): readonly RuleBreach[] => {
    const before = stages.slice(0, index);
    if (before.some(({ name }) => name === stage.name))
      return [
        {
          path: at(stage),
          message: `another stage is the step ${stage.name}, too`,
          expected: 'names that differ in letters or digits, not only in capitals and signs',
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
