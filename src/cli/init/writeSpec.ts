import type { Column, Project } from './project.js';

export interface SpecAnswers {
  readonly model: string;
  readonly owner: string;
  /** Columns of the evaluation table that the model reads, with their types. */
  readonly features: readonly Column[];
  readonly label: string;
  readonly eventTime: string;
  readonly evaluation: string;
  readonly reference: string;
}

/** A slipway.yaml to begin with: what was found in the repository, and comments where only its owner knows more. */
export const writeSpec = (project: Project, answers: SpecAnswers): string => {
  const { install, checks, steps } = project;
  const folder = project.model.includes('/') ? project.model.slice(0, project.model.lastIndexOf('/')) : undefined;
  return `${[
    `# Written by slipway init: ${project.because}. docs/spec.md has every field; \`slipway validate\` checks this file.`,
    '# Editors complete it after `slipway schema > slipway.schema.json`, and with a first line',
    '# yaml-language-server: $schema=slipway.schema.json',
    'version: 1',
    `model: ${answers.model}`,
    `owners: [${answers.owner}]`,
    ...(install === undefined
      ? []
      : [
          '',
          'install:',
          ...(install.python === undefined ? [] : [`  python: ${quote(install.python)}`]),
          ...(install.run === undefined ? [] : [`  run: ${quote(install.run)}`]),
          ...(install.inputs.length === 0 ? [] : [`  inputs: [${install.inputs.map(quote).join(', ')}]`]),
          '  timeout: 10m',
          '  network: true',
        ]),
    ...(checks.length === 0
      ? []
      : [
          '',
          'checks:',
          ...checks.map(
            ({ name, kind, run, junit }) =>
              `  - { name: ${name}, kind: ${kind}, run: ${quote(run)}${junit === undefined ? '' : `, junit: ${quote(junit)}`} }`,
          ),
        ]),
    '',
    'build:',
    ...(project.dvc === undefined ? ['  steps:'] : [`  dvc: ${project.dvc}`]),
    ...steps.flatMap((step) => [
      `    - name: ${step.name}`,
      `      run: ${quote(step.run)}`,
      ...(step.inputs.length === 0
        ? [
            '      # inputs: [train.py, data] would skip this step while neither has changed; without it any change runs it.',
          ]
        : [`      inputs: [${step.inputs.map(quote).join(', ')}]`]),
      ...(folder === undefined || step.inputs.length > 0 ? [] : [`      outputs: [${quote(folder)}]`]),
    ]),
    '',
    'artifact:',
    `  model: ${quote(project.model)}`,
    `  evaluation: ${quote(answers.evaluation)}`,
    `  reference: ${quote(answers.reference)}`,
    '',
    '# The inputs of the ONNX graph: each has the shape [rows, 1], and is a column of both tables.',
    'signature:',
    '  features:',
    ...answers.features.map(({ name, type }) => `    - { name: ${quote(name)}, type: ${type} }`),
    `  label: ${quote(answers.label)}`,
    `  eventTime: ${quote(answers.eventTime)}`,
    '',
    'gates:',
    '  - name: quality',
    '    minRows: 1000',
    '    rules:',
    '      - { metric: roc_auc, min: 0.6 }',
    '      - { champion: brier, test: non_inferiority, margin: 0.002 }',
    '',
    'environments:',
    '  - { name: staging, gates: [quality] }',
    '  - name: production',
    '    approval: { roles: [reviewer] }',
    '    # All traffic at once: there is no version before the first to compare it with. A canary needs traffic: every step is',
    '    # judged once the candidate has answered minRequests, and all traffic goes back where they are missing at its deadline.',
    '    rollout: immediate',
    '    # rollout:',
    '    #   canary:',
    '    #     steps:',
    '    #       - { weight: 10, hold: 10m, minRequests: 100, deadline: 1h }',
    '    #       - { weight: 100, hold: 10m, minRequests: 100, deadline: 1h }',
    '',
    'monitoring: { every: 1d, window: 7d }',
  ].join('\n')}\n`;
};

const PLAIN = /^[A-Za-z_./][A-Za-z0-9_./ =-]*$/;
const WORDS = /^(?:true|false|null|yes|no|on|off|~)$/i;

/** As YAML, in quotes where a bare word would be read as something else. */
const quote = (text: string): string =>
  PLAIN.test(text) && !WORDS.test(text) && !text.endsWith(' ') ? text : JSON.stringify(text);
