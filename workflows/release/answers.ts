import { patched, sleep } from '@temporalio/workflow';
import type { DeploymentSettled } from '../../src/domain/environment/types.js';
import { isDeploymentSettled } from '../received.js';
import type { AskedDeployment } from './story.js';

/** An arbiter that has not answered by then is broken, and somebody must look. */
const ANSWERS_WITHIN_MS = 60 * 86_400_000;

/** What environments were asked by this release, and what they answered. */
export interface Answers {
  /** Takes a signal that may be an answer. */
  arrive(message: unknown): void;
  settledOf(requestId: string): DeploymentSettled | undefined;
  asked(request: AskedDeployment): void;
  /** Environment that was asked last and has not answered. */
  unanswered(): string | undefined;
  expect(): void;
  overdue(): boolean;
}

export const openAnswers = (): Answers => {
  const settled: DeploymentSettled[] = [];
  let asked: (AskedDeployment & { readonly at: number }) | undefined;
  let deadline: 'none' | 'running' | 'passed' = 'none';

  const settledOf = (requestId: string): DeploymentSettled | undefined =>
    settled.find((message) => message.requestId === requestId);
  const waitsFor = (): typeof asked =>
    asked === undefined || settledOf(asked.requestId) !== undefined ? undefined : asked;
  /** A timer costs: one serves all requests, and when it rings, whoever was asked after it began has the rest of its time. */
  const ringAfter = (ms: number): void => {
    deadline = 'running';
    sleep(ms, { summary: 'environments must have answered' }).then(
      () => {
        const waiting = waitsFor();
        const left = waiting === undefined ? undefined : waiting.at + ANSWERS_WITHIN_MS - Date.now();
        // Releases from before this end with the first deadline, whatever they wait for.
        if ((left !== undefined && left <= 0) || !patched('answers-each-in-time')) deadline = 'passed';
        else if (left === undefined) deadline = 'none';
        else ringAfter(left);
      },
      () => (deadline = 'none'),
    );
  };

  return {
    arrive: (message) => void (isDeploymentSettled(message) && settled.push(message)),
    settledOf,
    asked: (request) => void (asked = { ...request, at: Date.now() }),
    unanswered: () => waitsFor()?.environment,
    expect: () => {
      if (deadline === 'none') ringAfter(ANSWERS_WITHIN_MS);
    },
    overdue: () => deadline === 'passed',
  };
};
