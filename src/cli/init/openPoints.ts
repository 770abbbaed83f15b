import { basename } from 'node:path';
import type { Project, ProjectFiles } from './project.js';
import type { SpecAnswers } from './writeSpec.js';

/** What only the owner of the repository can settle. */
export const openPoints = (
  project: Project,
  answers: SpecAnswers,
  unnamed: readonly string[],
  files: ProjectFiles,
): readonly string[] => {
  const { evaluation, reference, label, eventTime, features } = answers;
  const scripts = files.paths.filter((path) => /\.(py|[cm]?js|ts|sh|R|jl)$/.test(path)).slice(0, 200);
  const writes = (table: string): boolean =>
    files.paths.includes(table) || scripts.some((path) => files.read(path)?.includes(basename(table)) === true);
  const unwritten = [evaluation, reference].filter((table) => !writes(table));
  const placeholders = features[0]?.name === 'feature';
  return [
    ...(project.advice ?? []),
    ...project.missing.map((path) => `write ${path}: it makes ${project.model} and both tables`),
    ...(project.missing.length > 0 || unwritten.length === 0
      ? []
      : [`let a step write ${unwritten.join(' and ')}: no script names ${unwritten.length === 1 ? 'it' : 'them'}`]),
    ...(placeholders
      ? [
          'name the columns that the model reads under signature.features',
          `name the columns of the label and the event time: ${label} and ${eventTime} are guesses`,
        ]
      : []),
    ...(unnamed.length === 0
      ? []
      : [
          `rename ${unnamed.map((name) => JSON.stringify(name)).join(', ')} if the model reads them: letters, digits, _ and - are taken`,
        ]),
  ];
};
