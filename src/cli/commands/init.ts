import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync, writeFileSync } from 'node:fs';
import { basename, join, relative, resolve, sep } from 'node:path';
import type { Command } from 'commander';
import { parseSpec } from '../../contract/spec/parseSpec.js';
import { formatProblem } from '../../contract/yaml/problem.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import type { Cli } from '../context.js';
import { explain } from '../help.js';
import { detectProject } from '../init/detectProject.js';
import type { Project, ProjectFiles } from '../init/project.js';
import { openPoints } from '../init/openPoints.js';
import { columnsOf } from '../init/tableColumns.js';
import { writeSpec, type SpecAnswers } from '../init/writeSpec.js';
import type { Run } from '../run.js';

interface InitOptions {
  readonly model?: string;
  readonly owner: string;
  readonly table?: string;
  readonly label?: string;
  readonly eventTime?: string;
  readonly force?: boolean;
}

const SKIPPED = new Set(['.git', 'node_modules', '.venv', 'venv', '__pycache__', '.slipway', 'dist']);
const MAX_FILES = 5_000;
const MAX_TEXT = 256 * 1024;

export const initCommand = (program: Command, run: Run): void => {
  explain(
    program
      .command('init [directory]')
      .description('write a slipway.yaml for the repository it stands in')
      .option('--model <name>', 'name of the model; that of the folder where absent')
      .option('--owner <name>', 'who hears of problems', 'oncall')
      .option('--table <file>', 'a CSV table with the columns that the model reads')
      .option('--label <column>', 'column of the label, 0 or 1')
      .option('--event-time <column>', 'column of the event time')
      .option('--force', 'replace a slipway.yaml that is there')
      .action(run(init as never)),
    ['init', 'init ../my-model --table data/train.csv --label late --event-time departed_at'],
    '0 written; 2 slipway.yaml is there already, or a table or column that was named is not',
  );
};

const init = async (cli: Cli, directory: string | undefined, options: InitOptions): Promise<void> => {
  const root = resolve(directory ?? '.');
  const file = join(root, 'slipway.yaml');
  const files = readFiles(root);
  if (files.paths.includes('slipway.yaml') && options.force !== true)
    throw new SlipwayError('usage', `${file} is there already; --force replaces it`);
  const project = detectProject(files, basename(root));
  const { answers, unnamed } = await ask(cli, project, files, options);
  const text = writeSpec(project, answers);
  const parsed = parseSpec(text, file, files.read);
  if (!parsed.ok)
    throw new SlipwayError(
      'usage',
      `what was given makes no valid slipway.yaml:\n${parsed.problems.map(formatProblem).join('\n')}`,
    );
  writeFileSync(file, text);
  const open = openPoints(project, answers, unnamed, files);
  cli.out.result({ file, kind: project.kind, because: project.because, model: answers.model, open }, () =>
    [
      `${file} is written, and valid: ${project.kind}, because ${project.because}`,
      ...open.map((one) => `- ${one}`),
      '- production takes a version at once: turn on its canary in slipway.yaml when it has traffic, as each step needs requests',
      `next: commit slipway.yaml; slipway dev --repository ${directory ?? '.'}; slipway plan ${directory ?? '.'} for the next commit`,
    ].join('\n'),
  );
};

/** Asks at most two things, and only a person at a terminal: which column is the label, and which one the time. */
const ask = async (
  cli: Cli,
  project: Project,
  files: ProjectFiles,
  options: InitOptions,
): Promise<{ readonly answers: SpecAnswers; readonly unnamed: readonly string[] }> => {
  const table =
    options.table ?? files.paths.find((path) => /(^|\/)(train|training|data|history)[^/]*\.csv$/.test(path));
  const { columns, unnamed } = columnsOf(table === undefined ? '' : (files.read(table) ?? ''));
  if (options.table !== undefined && columns.length === 0)
    throw new SlipwayError('usage', `${options.table} is no CSV table in the repository, with a line of column names`);
  const guess = (pattern: RegExp): string | undefined => columns.find(({ name }) => pattern.test(name))?.name;
  const label =
    options.label ??
    (await choose(
      cli,
      'Which column is the label, 0 or 1?',
      guess(/^(label|target|y|late|churn\w*|default)$/i) ?? 'label',
      columns.length > 0,
    ));
  const eventTime =
    options.eventTime ??
    (await choose(
      cli,
      'Which column is the event time?',
      guess(/time|date|timestamp|_at$/i) ?? 'event_time',
      columns.length > 0,
    ));
  // A label that is not found would leave the real one among the features.
  if (table !== undefined) assertColumn(columns, table, '--label', label);
  if (table !== undefined && options.eventTime !== undefined) assertColumn(columns, table, '--event-time', eventTime);
  const read = columns.filter(({ name }) => name !== label && name !== eventTime);
  const features = read.length > 0 ? read : (project.features ?? []);
  const folder = project.model.includes('/') ? project.model.slice(0, project.model.lastIndexOf('/')) : '.';
  const within = (name: string): string => (folder === '.' ? name : `${folder}/${name}`);
  const answers: SpecAnswers = {
    model: options.model ?? project.name,
    owner: options.owner,
    features: features.length > 0 ? features : [{ name: 'feature', type: 'number' }],
    label,
    eventTime,
    evaluation: within('evaluation.csv'),
    reference: within('reference.csv'),
  };
  return { answers, unnamed };
};

const assertColumn = (columns: SpecAnswers['features'], table: string, option: string, name: string): void => {
  if (columns.length === 0 || columns.some((column) => column.name === name)) return;
  const there = columns.map((column) => column.name).join(', ');
  throw new SlipwayError('usage', `${table} has no column ${name}: name one with ${option}; there are ${there}`);
};

const choose = async (cli: Cli, message: string, otherwise: string, known: boolean): Promise<string> => {
  if (!cli.out.interactive || !known) return otherwise;
  const { isCancel, text } = await import('@clack/prompts');
  const answer = await text({ message, initialValue: otherwise });
  if (isCancel(answer)) throw new SlipwayError('usage', 'nothing was written');
  return answer;
};

const readFiles = (root: string): ProjectFiles => {
  const paths: string[] = [];
  const walk = (folder: string): void => {
    for (const item of readdirSync(folder, { withFileTypes: true })) {
      if (paths.length >= MAX_FILES || SKIPPED.has(item.name)) continue;
      const path = join(folder, item.name);
      if (item.isDirectory()) walk(path);
      else if (item.isFile()) paths.push(relative(root, path).split(sep).join('/'));
    }
  };
  try {
    walk(root);
  } catch {
    throw new SlipwayError('usage', `${root} is no folder that can be read`);
  }
  paths.sort();
  return { paths, read: (path) => readBeginning(resolve(root, path)) };
};

/** The first part of a file: tables may be large. */
const readBeginning = (file: string): string | undefined => {
  try {
    if (statSync(file).size <= MAX_TEXT) return readFileSync(file, 'utf8');
    const descriptor = openSync(file, 'r');
    try {
      const bytes = Buffer.alloc(MAX_TEXT);
      return bytes.subarray(0, readSync(descriptor, bytes, 0, MAX_TEXT, 0)).toString('utf8');
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return undefined;
  }
};
