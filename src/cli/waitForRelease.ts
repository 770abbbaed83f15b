import { sayRule } from '../domain/approval/approvalRule.js';
import { setTimeout as delay } from 'node:timers/promises';
import { parseDuration } from '../contract/names.js';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import { outcomeExitCode } from '../domain/release/outcomeExitCode.js';
import type { StageView } from '../domain/release/types.js';
import { describeCanary } from '../domain/rollout/canaryProgress.js';
import type { ApiClient } from './apiClient.js';
import type { Output } from './output.js';
import { renderRelease, type ShownRelease } from './renderRelease.js';

const POLL_MS = 500;
/** Services may be started again while somebody waits. */
const SILENCE_MS = 60_000;

/**
 * Waits for the outcome of a release and shows it; the answer is its exit code. `timed_out` after `within`.
 *
 * @param resumed how often it has been resumed: what an earlier telling ended with is no answer
 */
export const waitForRelease = async (
  out: Output,
  api: ApiClient,
  name: string,
  within?: string,
  resumed = 0,
): Promise<number> => {
  const limit = within === undefined ? Infinity : parseDuration(within);
  if (limit === undefined) throw new SlipwayError('usage', `${within} is no duration such as 30s, 10m or 2h`);
  const started = Date.now();
  let heardAt = started;
  for (;;) {
    try {
      const view = await api.get<ShownRelease>(`/api/v1/releases/${name}`);
      heardAt = Date.now();
      const isTold = (view.resumed ?? 0) >= resumed;
      if (view.outcome !== undefined && isTold) {
        out.result(view, renderRelease);
        return outcomeExitCode(view.outcome, view.blockedBy);
      }
      out.progress(`${name}: ${isTold ? describe(view) : 'starting'}`);
    } catch (error) {
      const passing = error instanceof SlipwayError && error.retryable;
      if (!passing || Date.now() - heardAt > SILENCE_MS) throw error;
      out.progress(`${name}: no answer (${error.code}), trying again`);
    }
    if (Date.now() - started > limit) {
      throw new SlipwayError('timed_out', `${name} has not ended within ${within}; it goes on`);
    }
    await delay(POLL_MS);
  }
};

const describe = (view: ShownRelease): string => {
  if (view.canary !== undefined) return describeCanary(view.canary);
  if (view.waiting !== undefined) {
    return `waits for ${sayRule(view.waiting)} to enter ${view.waiting.environment}`;
  }
  const stage = view.stages.find(({ status }) => status === 'running' || status === 'waiting');
  return stage === undefined ? 'starting' : stageText(stage);
};

const stageText = ({ name, environment }: StageView): string =>
  environment === undefined ? name : `${name} in ${environment}`;
