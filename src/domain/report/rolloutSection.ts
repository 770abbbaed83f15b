import { saySteered, type Steered } from '../rollout/steering.js';
import type { StepAnalysis } from '../rollout/types.js';
import { sayDuration } from '../sayDuration.js';
import { escapeHtml, number, table, verdictMark, type Cell } from './html.js';

/** One look at a phase of a rollout, with what the target had counted. */
export interface RolloutLook {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly analysis: StepAnalysis;
  /** Requests that the step needs before it is judged. */
  readonly minRequests: number;
  /** Of the champion, on the same interval; behind a switch before it. */
  readonly championRequests: number;
}

/** One passage of a release's artifact into an environment, as the ledger has it. */
export interface RolloutStory {
  readonly environment: string;
  readonly epoch: number;
  readonly outcome: string;
  readonly reason: string;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly looks: readonly RolloutLook[];
  /** What people said to it. */
  readonly said: readonly Steered[];
}

/** How traffic moved: each passage, its canary steps with the last look at each, and every measurement with its limit. */
export const rolloutSection = (stories: readonly RolloutStory[]): string =>
  stories.length === 0
    ? ''
    : `<h2>Rollout</h2>${table(
        'Passages, in order',
        ['Environment', 'Epoch', 'Outcome', 'Took', 'Why'],
        stories.map((story) => [
          story.environment,
          story.epoch,
          verdictMark(story.outcome),
          sayDuration(story.endedAt - story.startedAt),
          story.reason,
        ]),
      )}${saidTable(stories)}${stories.map(stepTables).join('')}`;

const saidTable = (stories: readonly RolloutStory[]): string => {
  const rows = stories.flatMap(({ environment, epoch, said }) =>
    said.map((one): readonly Cell[] => [
      environment,
      epoch,
      `${new Date(one.at).toISOString().slice(0, 19)}Z`,
      saySteered(one),
    ]),
  );
  return rows.length === 0 ? '' : table('Said by people', ['Environment', 'Epoch', 'When', 'What'], rows);
};

interface Step {
  readonly last: RolloutLook;
  readonly looks: number;
  readonly tookMs: number;
}

/** Looks at the same step one after the other; each step begins where the one before it ended. */
const stepsOf = ({ looks, startedAt }: RolloutStory): readonly Step[] => {
  const phases = [...new Set(looks.map(({ analysis }) => phaseOf(analysis)))];
  let since = startedAt;
  return phases.flatMap((phase) => {
    const own = looks.filter(({ analysis }) => phaseOf(analysis) === phase);
    const last = own.at(-1);
    if (last === undefined) return [];
    const tookMs = last.at - since;
    since = last.at;
    return [{ last, looks: own.length, tookMs }];
  });
};

const phaseOf = ({ phase, step }: StepAnalysis): string => phase ?? String(step);

/** What the candidate had while it was looked at. */
const shareOf = ({ phase, weight }: StepAnalysis): string =>
  phase === 'shadow' ? 'copies' : phase === 'switch' ? `${weight} %, switched` : `${weight} %`;

const stepTables = (story: RolloutStory): string => {
  const steps = stepsOf(story);
  const rows = steps.map(({ last: { analysis, minRequests, championRequests }, looks, tookMs }): readonly Cell[] => [
    shareOf(analysis),
    verdictMark(analysis.verdict),
    `${analysis.requests} (${minRequests} needed)`,
    championRequests,
    looks,
    sayDuration(tookMs),
    analysis.reason,
  ]);
  const heading = ['Candidate', 'Verdict', 'Its requests', "Champion's", 'Looks', 'Took', 'Why'];
  const phases = steps.some(({ last }) => last.analysis.phase !== undefined) ? 'Phases' : 'Canary steps';
  return `${table(`${phases} in ${story.environment}, epoch ${story.epoch}; the first took the start as well`, heading, rows)}${steps.map((step) => measurementTable(story, step)).join('')}`;
};

const measurementTable = ({ environment }: RolloutStory, { last: { analysis } }: Step): string =>
  analysis.measurements.length === 0
    ? ''
    : `<details${analysis.verdict === 'pass' ? '' : ' open'}><summary>${escapeHtml(`${environment} at ${shareOf(analysis)}`)} ${verdictMark(analysis.verdict).html}</summary>${table(
        `${analysis.measurements.length} measurements, what is beyond its limit first`,
        ['Measurement', 'Verdict', 'Value', 'Limit'],
        [...analysis.measurements]
          .sort((a, b) => Number(a.verdict === 'pass') - Number(b.verdict === 'pass'))
          .map((one) => [one.name, verdictMark(one.verdict), number(one.value), number(one.limit)]),
      )}</details>`;
