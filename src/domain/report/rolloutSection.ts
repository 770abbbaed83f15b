import type { StepAnalysis } from '../rollout/types.js';
import { sayDuration } from '../sayDuration.js';
import { escapeHtml, number, table, verdictMark, type Cell } from './html.js';

/** One look at a canary step, with what the target had counted. */
export interface RolloutLook {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly analysis: StepAnalysis;
  /** Requests that the step needs before it is judged. */
  readonly minRequests: number;
  /** Of the champion, on the same interval. */
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
      )}${stories.map(stepTables).join('')}`;

interface Step {
  readonly last: RolloutLook;
  readonly looks: number;
  readonly tookMs: number;
}

/** Looks at the same step one after the other; each step begins where the one before it ended. */
const stepsOf = ({ looks, startedAt }: RolloutStory): readonly Step[] => {
  const numbers = [...new Set(looks.map(({ analysis }) => analysis.step))];
  let since = startedAt;
  return numbers.flatMap((step) => {
    const own = looks.filter(({ analysis }) => analysis.step === step);
    const last = own.at(-1);
    if (last === undefined) return [];
    const tookMs = last.at - since;
    since = last.at;
    return [{ last, looks: own.length, tookMs }];
  });
};

const stepTables = (story: RolloutStory): string => {
  const steps = stepsOf(story);
  const rows = steps.map(({ last: { analysis, minRequests, championRequests }, looks, tookMs }): readonly Cell[] => [
    `${analysis.weight} %`,
    verdictMark(analysis.verdict),
    `${analysis.requests} (${minRequests} needed)`,
    championRequests,
    looks,
    sayDuration(tookMs),
    analysis.reason,
  ]);
  const heading = ['Candidate', 'Verdict', 'Its requests', "Champion's", 'Looks', 'Took', 'Why'];
  return `${table(`Canary steps in ${story.environment}, epoch ${story.epoch}; the first took the start as well`, heading, rows)}${steps.map((step) => measurementTable(story, step)).join('')}`;
};

const measurementTable = ({ environment }: RolloutStory, { last: { analysis } }: Step): string =>
  analysis.measurements.length === 0
    ? ''
    : `<details${analysis.verdict === 'pass' ? '' : ' open'}><summary>${escapeHtml(`${environment} at ${analysis.weight} %`)} ${verdictMark(analysis.verdict).html}</summary>${table(
        `${analysis.measurements.length} measurements, what is beyond its limit first`,
        ['Measurement', 'Verdict', 'Value', 'Limit'],
        [...analysis.measurements]
          .sort((a, b) => Number(a.verdict === 'pass') - Number(b.verdict === 'pass'))
          .map((one) => [one.name, verdictMark(one.verdict), number(one.value), number(one.limit)]),
      )}</details>`;
