import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { requireSpec } from '../../contract/spec/requireSpec.js';
import type { PlannedEnvironment, PlannedRelease } from '../../domain/build/planRelease.js';
import type { StepStory } from '../../domain/build/story.js';
import { sayStrategy } from '../../domain/rollout/describeRollout.js';
import { sayHold } from '../../domain/hold/sayHold.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import type { Cli } from '../context.js';
import { explain } from '../help.js';
import { duration, mark, when } from '../output.js';
import { readParams } from '../readParams.js';
import { findRelease } from '../releaseNames.js';
import type { Run } from '../run.js';
import { table } from '../table.js';
import { authorOf, digestWorkingCopy, readInCopy } from '../workingCopy.js';

export const planCommands = (program: Command, run: Run): void => {
  explain(
    program
      .command('plan [directory]')
      .description('what a release of a working copy would do, before anything runs')
      .option('--param <name=value...>', 'override a parameter of the build')
      .action(run(plan as never)),
    ['plan', 'plan ../my-model --param trees=90', 'plan --json'],
    '0 planned; 1 an input is missing; 2 mistakes in slipway.yaml; 3 it asks less than the operator; 8 the model or an environment of it is not known; 9 unreachable',
  );
  explain(
    program
      .command('why <step>')
      .description('why a build step ran, or which release its outputs come from')
      .option('--release <release>', 'of this release; the latest where absent', 'latest')
      .action(run(why as never)),
    ['why train', 'why train --release 4f1c', 'why data --json'],
    '0 told; 8 there is no such step or release; 9 unreachable',
  );
};

const plan = async (cli: Cli, directory = '.', options: { readonly param?: readonly string[] } = {}): Promise<void> => {
  const file = join(directory, 'slipway.yaml');
  const text = await readFile(file, 'utf8').catch(() => {
    throw new SlipwayError('spec_missing', `there is no ${file}`);
  });
  const sources: Record<string, string> = {};
  const read = readInCopy(directory);
  const { model } = requireSpec(text, file, {}, (path) => {
    const found = read(path);
    if (found !== undefined) sources[path] = found;
    return found;
  });
  cli.out.progress('reading the working copy');
  const by = await authorOf(directory);
  const planned = await cli.api().post<PlannedRelease>(`/api/v1/models/${model}/plan`, {
    spec: text,
    ...(Object.keys(sources).length === 0 ? {} : { sources }),
    files: await digestWorkingCopy(directory),
    params: readParams(options.param),
    ...(by === undefined ? {} : { by }),
  });
  cli.out.result(planned, render);
};

const render = ({ model, checks, steps, environments, earliestMs, earliestAt, notes }: PlannedRelease): string =>
  [
    `${model}: ${checks.length === 0 ? 'no checks' : `checks ${checks.map(({ name }) => name).join(', ')}`}`,
    '',
    table(
      ['Step', 'Would', 'Because', 'Last took'],
      steps.map(({ step, kind, reason, lastMs }) => [
        step,
        kind === 'depends' ? 'depend' : kind,
        reason,
        kind === 'skip' ? '' : duration(lastMs),
      ]),
    ),
    '',
    table(
      ['Environment', 'Approval', 'Rollout', 'Gates'],
      environments.map((one) => [one.name, approval(one), rollout(one), one.gates.join(', ')]),
    ),
    '',
    earliestAt === undefined
      ? 'nobody can say when it would be everywhere: something holds it back until somebody lifts it'
      : `everywhere on ${when(earliestAt)} UTC at the earliest, after ${duration(earliestMs)} of its own, besides checks, packaging and people`,
    ...environments.flatMap(({ name, holds }) => holds.map((hold) => `- ${name} would hold it back: ${sayHold(hold)}`)),
    ...notes.map((note) => `- ${note}`),
  ].join('\n');

const approval = ({ approval: asked, approvers }: PlannedEnvironment): string =>
  asked.kind === 'required'
    ? `${asked.quorum} of ${approvers.length === 0 ? 'nobody' : approvers.join(', ')}`
    : asked.kind;

const rollout = ({ rollout: strategy, shadow, rolloutMs }: PlannedEnvironment): string =>
  strategy === 'immediate'
    ? strategy
    : `${shadow === true ? 'shadow, then ' : ''}${sayStrategy(strategy)}, ${duration(rolloutMs)}`;

const why = async (cli: Cli, step: string, options: { readonly release: string }): Promise<void> => {
  const api = cli.api();
  const release = await findRelease(api, options.release);
  const { steps } = await api.get<{ steps: readonly StepStory[] }>(`/api/v1/releases/${release}/steps`);
  const story = steps.find((one) => one.step === step);
  if (story === undefined) {
    const told = steps.length === 0 ? 'no step has ended' : `it came to ${steps.map((one) => one.step).join(', ')}`;
    throw new SlipwayError('not_found', `${release} tells of no step ${step}: ${told}`);
  }
  cli.out.result({ release: `release/${release}`, ...story }, renderStory);
};

const renderStory = (story: StepStory): string =>
  [
    `${story.step} ${mark(story.outcome)}${story.flaky ? ', and is flaky' : ''}${story.outcome === 'failed' ? '. It was run' : ''}: ${story.reason}`,
    ...(story.outcome !== 'failed' && story.attempts.length < 2 && story.attempts[0]?.continued !== true
      ? []
      : story.attempts.map(
          ({ number, end, durationMs, continued }) =>
            `  attempt ${number} ${continued === true ? 'went on from its checkpoint and ' : ''}${end} after ${duration(durationMs)}`,
        )),
  ].join('\n');
