import type { StepAttempt, StepStory } from '../build/story.js';
import { sayDuration } from '../sayDuration.js';
import { escapeHtml, table, verdictMark, type Html } from './html.js';

/**
 * What the model was built by: which steps ran, which were skipped, and every attempt. Why one was skipped names the
 * release that its outputs are from.
 */
export const stepSection = (steps: readonly StepStory[]): string =>
  steps.length === 0
    ? ''
    : `<h2>Steps</h2>${table(
        'Of the build, in order',
        ['Step', 'Outcome', 'Attempts', 'Took', 'Why'],
        steps.map((story) => [
          story.step,
          outcome(story),
          attemptsOf(story),
          story.attempts.length === 0 ? '' : sayDuration(sum(story.attempts)),
          story.reason,
        ]),
      )}`;

const outcome = ({ outcome: word, flaky }: StepStory): Html =>
  flaky ? { html: `${verdictMark(word).html}, ${verdictMark('flaky').html}` } : verdictMark(word);

/** One that succeeded at once needs no words. */
const attemptsOf = ({ attempts }: StepStory): Html => ({
  html:
    attempts.length === 1 && attempts[0]?.passed === true
      ? '1'
      : attempts
          .map(
            ({ number, end, durationMs }) =>
              `<span class="key">${escapeHtml(`${number}: ${end} after ${sayDuration(durationMs)}`)}</span>`,
          )
          .join('<br>'),
});

const sum = (attempts: readonly StepAttempt[]): number => attempts.reduce((total, one) => total + one.durationMs, 0);
