import type { Version } from '../artifact/types.js';
import { sayHold } from '../hold/sayHold.js';
import { plainText } from '../markdown/plainText.js';
import { sayRetired } from './retire.js';
import { lineOf } from './placesInLine.js';
import type { EnvironmentState } from './types.js';

/** Markdown for Temporal's current details: who serves, what is under way, what waits, what was before. */
export const renderEnvironment = (state: EnvironmentState): string =>
  [
    `**${state.model}** in **${state.environment}**, epoch ${state.epoch}`,
    '',
    `- champion: ${version(state.champion)}`,
    `- previous: ${version(state.previous)}`,
    ...(state.retired === undefined ? [] : [`- ${plainText(sayRetired(state.retired))}, epoch ${state.retired.epoch}`]),
    `- under way: ${state.active === undefined ? 'nothing' : `epoch ${state.active.epoch}, ${state.active.request.kind} of ${version(state.active.request.version)}`}`,
    `- waiting: ${state.queue.length === 0 ? 'nothing' : state.queue.map((request) => `${request.kind} of ${version(request.version)}`).join(', ')}`,
    ...inLine(state),
    ...held(state),
    ...(state.lease === undefined ? [] : [`- repaired by: \`${state.lease.incidentId}\``]),
    ...history(state),
  ].join('\n');

/** Of a long line the next ones. */
const SHOWN_IN_LINE = 10;

const inLine = (state: EnvironmentState): readonly string[] => {
  const line = lineOf(state).map(({ releaseId }) => `\`${releaseId.replace(/[^\w./-]/g, '')}\``);
  const more = line.length - SHOWN_IN_LINE;
  return line.length === 0
    ? []
    : [`- in line: ${line.slice(0, SHOWN_IN_LINE).join(', ')}${more > 0 ? ` and ${more} more` : ''}`];
};

const held = ({ held: waiting }: EnvironmentState): readonly string[] =>
  (waiting?.holds ?? []).map((hold) => `- held back: ${plainText(sayHold(hold))}`);

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
