import type { BuildSpec } from '../../domain/spec/types.js';
import { readDvc, type ReadFile } from '../dvc/readDvc.js';
import { stepName } from '../dvc/readStages.js';
import { problemsOfBreaches, type RuleBreach } from '../yaml/checkYaml.js';
import type { Problem } from '../yaml/problem.js';
import { readYaml } from '../yaml/readYaml.js';
import { unknownName } from '../yaml/unknownName.js';
import type { WrittenSpec } from './schema.js';
import { withSettings } from './toSpec.js';

export type ReadBuild =
  | { readonly ok: true; readonly build: BuildSpec | undefined }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** The build that a dvc.yaml makes, with what slipway.yaml says of its stages besides; none where steps are written. */
export const readBuild = (
  { dvc, stages = {} }: WrittenSpec['build'],
  { text, file, read }: { readonly text: string; readonly file: string; readonly read: ReadFile },
): ReadBuild => {
  if (dvc === undefined) return { ok: true, build: undefined };
  const stagesText = read(dvc);
  const refuse = (...breaches: readonly RuleBreach[]): ReadBuild => ({
    ok: false,
    problems: problemsOfBreaches(breaches, readYaml(text, file), file),
  });
  if (stagesText === undefined)
    return refuse({ path: ['build', 'dvc'], message: `there is no ${dvc}`, expected: 'a file of the repository' });
  const made = readDvc(stagesText, dvc, read);
  if (!made.ok) return made;
  const known = new Set([...made.families.keys(), ...made.families.values()]);
  const unknown = Object.keys(stages).filter((name) => !known.has(stepName(name)));
  if (unknown.length > 0)
    return refuse(...unknown.map((name) => unknownName(['build', 'stages', name], name, [...known], 'stage')));
  const settings = new Map(Object.entries(stages).map(([name, written]) => [stepName(name), written]));
  const steps = made.build.steps.map((step) => {
    const own = settings.get(step.name) ?? settings.get(made.families.get(step.name) ?? '');
    return own === undefined ? step : withSettings(step, own);
  });
  return { ok: true, build: { ...made.build, steps } };
};
