import { patched, sleep } from '@temporalio/workflow';
import type { DeploymentSettled } from '../../src/domain/environment/types.js';
import { isDeploymentSettled } from '../received.js';

/** An arbiter that has not answered by then is broken, and somebody must look. */
export const ANSWERS_WITHIN_MS = 60 * 86_400_000;

/** Answers that are kept; others than the one that is waited for were given before, or by nobody. */
const MAX_ANSWERS = 100;

export interface AskedDeployment {
  readonly environment: string;
  readonly requestId: string;
}

/** What environments were asked by this release, and what they answered. */
export interface Answers {
  /** Takes a signal that may be an answer. */
  arrive(message: unknown): void;
  settledOf(requestId: string): DeploymentSettled | undefined;
  /** Notes the request that waits for an environment's word. */
  asked(request: AskedDeployment): void;
  /** Environment that was asked last and has not answered. */
  unanswered(): string | undefined;
  /** From now on an environment that was asked has a deadline. */
  expectAnswers(): void;
  answersOverdue(): boolean;
}

export const openAnswers = (): Answers => {
  let settled: readonly DeploymentSettled[] = [];
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
    arrive: (message) => {
      if (!isDeploymentSettled(message) || settledOf(message.requestId) !== undefined) return;
      const others = settled.filter(({ requestId }) => requestId !== asked?.requestId);
      const kept = settled.filter((one) => others.length < MAX_ANSWERS || one !== others[0]);
      settled = [...kept, message];
    },
    settledOf,
    asked: (request) => void (asked = { ...request, at: Date.now() }),
    unanswered: () => waitsFor()?.environment,
    expectAnswers: () => {
      if (deadline === 'none') ringAfter(ANSWERS_WITHIN_MS);
    },
    answersOverdue: () => deadline === 'passed',
  };
};
