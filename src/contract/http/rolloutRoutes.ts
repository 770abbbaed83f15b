/** Routes about the rollout of a model in an environment: how it goes, and what people say to it. */
import { z } from 'zod';
import { digest } from '../names.js';
import { mapping } from '../yaml/expected.js';
import { json } from './answers.js';
import type { RouteShape } from './route.js';
import { environmentParams, epochMs, givenReason, version } from './shapes.js';

const PLACE = '/api/v1/models/{model}/environments/{environment}';

const verdict = z.enum(['pass', 'fail', 'inconclusive', 'insufficient_data', 'error']);
const steered = z.looseObject({
  kind: z.enum(['pause', 'resume', 'promote', 'abort']),
  by: z.string(),
  reason: z.string(),
  at: epochMs,
  step: z.int().exactOptional().describe('Of a promotion: the step whose hold it ends, from 0.'),
});

export const shownRollout = z.looseObject({
  model: z.string(),
  environment: z.string(),
  epoch: z.int(),
  kind: z.string().describe('`release`, `rollback` or `remediation`.'),
  status: z.string().describe('What it is at; of one that has ended `deployed`, `rolled_back` or `refused`.'),
  reason: z.string(),
  startedAt: epochMs,
  endedAt: epochMs.exactOptional(),
  candidate: version,
  champion: version.exactOptional().describe('What served before it; absent: nothing did.'),
  step: z.int().exactOptional().describe('The step under way, from 1.'),
  weight: z.number().describe('Percent of the traffic that the candidate was given last.'),
  waitsFor: z.string().exactOptional().describe('What has to happen before it goes on, in words.'),
  steps: z.array(z.looseObject({ weight: z.number() })).describe('Of its plan; empty where all traffic moves at once.'),
  shifts: z.array(z.looseObject({ at: epochMs, weight: z.number() })).describe('Each change of its share, in order.'),
  looks: z
    .array(
      z.looseObject({
        at: epochMs,
        step: z.int().describe('From 0, among those of its phase.'),
        phase: z.enum(['shadow', 'switch']).exactOptional().describe('Absent: a canary step.'),
        weight: z.number(),
        copies: z.number().exactOptional().describe('Of a shadow: percent of the requests that it had a copy of.'),
        verdict,
        reason: z.string(),
        evidence: digest,
        requests: z.int().exactOptional(),
        measurements: z
          .array(z.looseObject({ name: z.string(), value: z.number(), limit: z.number(), verdict }))
          .exactOptional(),
      }),
    )
    .describe('Each look at a step, in order, with every value and its limit.'),
  said: z.array(steered).describe('What people said to it, in order.'),
});

const answer = (description: string) => ({
  200: json(
    description,
    z.looseObject({
      changed: z.boolean().describe('False: it was so already, or somebody had said so before.'),
      rollout: shownRollout,
    }),
  ),
});

const command = {
  method: 'POST',
  params: environmentParams,
  state: 'showRollout',
} as const;

export const ROLLOUT_ROUTES = {
  showRollout: {
    method: 'GET',
    url: `${PLACE}/rollout`,
    access: 'any',
    summary: 'The rollout under way, or the last one: steps, shares, looks, and what it waits for',
    params: environmentParams,
    query: mapping({ epoch: z.coerce.number().int().min(1).exactOptional().describe('Of an earlier one.') }),
    answers: { 200: json('From the ledger; what it is at from its workflow.', shownRollout) },
  },
  pauseRollout: {
    ...command,
    url: `${PLACE}/rollout/pause`,
    access: ['oncall', 'operator'],
    summary: 'Have the rollout under way stay on its step',
    body: mapping({ reason: givenReason }),
    idempotency: 'Not needed: what is paused stays paused.',
    answers: answer('It gives no more traffic until it is resumed.'),
  },
  resumeRollout: {
    ...command,
    url: `${PLACE}/rollout/resume`,
    access: ['oncall', 'operator'],
    decides: true,
    summary: 'End the pause of a rollout',
    body: mapping({ reason: givenReason }),
    idempotency: 'Not needed: what goes on goes on.',
    answers: answer('Its step is held anew, and looked at before it goes on.'),
  },
  promoteRollout: {
    ...command,
    url: `${PLACE}/rollout/promote`,
    // Whom a step asks for a word its spec says; its handler looks there.
    access: 'any',
    decides: true,
    summary: 'End the hold of the step under way: it is looked at now, and goes on where that passes',
    body: mapping({
      reason: givenReason,
      step: z.int().min(1).exactOptional().describe('Refused where another step is under way; from 1.'),
    }),
    idempotency: 'A repeat promotes no further step.',
    answers: answer('In the ledger: the time of the step is over. What the look finds counts as always.'),
  },
  abortRollout: {
    ...command,
    url: `${PLACE}/rollout/abort`,
    access: ['oncall', 'operator'],
    summary: 'Give all traffic back to the champion, now',
    body: mapping({ reason: givenReason }),
    idempotency: 'Not needed: a rollout is aborted once.',
    answers: answer('It goes back. `status` says when it has.'),
  },
} as const satisfies Record<string, RouteShape>;
