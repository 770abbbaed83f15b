import type { Version } from '../artifact/types.js';
import type { EnvironmentState } from './types.js';

/** Markdown for Temporal's current details: who serves, what is under way, what waits, what was before. */
export const renderEnvironment = (state: EnvironmentState): string =>
  [
    `**${state.model}** in **${state.environment}**, epoch ${state.epoch}`,
    '',
    `- champion: ${version(state.champion)}`,
    `- previous: ${version(state.previous)}`,
    `- under way: ${state.active === undefined ? 'nothing' : `epoch ${state.active.epoch}, ${state.active.request.kind} of ${version(state.active.request.version)}`}`,
    `- waiting: ${state.queue.length === 0 ? 'nothing' : state.queue.map((request) => `${request.kind} of ${version(request.version)}`).join(', ')}`,
    ...(state.lease === undefined ? [] : [`- repaired by: \`${state.lease.incidentId}\``]),
    ...history(state),
  ].join('\n');

const version = (known: Version | undefined): string =>
  known === undefined ? 'none' : `\`${known.artifactDigest.slice(7, 19)}\` (commit \`${known.commit.slice(0, 12)}\`)`;

const history = ({ history: entries }: EnvironmentState): readonly string[] =>
  entries.length === 0
    ? []
    : [
        '',
        '| Epoch | Kind | Version | Outcome |',
        '|---|---|---|---|',
        ...entries
          .slice(0, 10)
          .map((entry) => `| ${entry.epoch} | ${entry.kind} | ${version(entry.version)} | ${entry.outcome} |`),
      ];
