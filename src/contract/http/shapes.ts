/** Shapes that the API's bodies share. Answers are loose: a later version may say more. */
import { z } from 'zod';
import { commitHash, digest, name, paramName, paramValue } from '../names.js';
import { mapping } from '../yaml/expected.js';

const RELEASE_WORDS = 'the hash of a commit, for a rerun with a dot and 12 hexadecimal digits';

/** `<commit>[.<n>]`: a release of a model, as its URL has it. */
export const releaseName = z
  .string({ error: RELEASE_WORDS })
  .regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})(?:\.[0-9a-f]{1,64})?$/, RELEASE_WORDS);

export const environmentParams = mapping({ model: name, environment: name });
export const releaseParams = mapping({ model: name, release: releaseName });

const PROBLEM_WORDS = 'the kind and the subject of an incident, with a dot between them';
export const incidentParams = mapping({
  model: name,
  environment: name,
  problem: z.string({ error: PROBLEM_WORDS }).regex(/^[a-z_]+\.[A-Za-z0-9_.-]{1,200}$/, PROBLEM_WORDS),
});

export const params = z.record(paramName, paramValue);
export const reason = z.string({ error: 'text of at most 2,000 characters' }).max(2000);
/** Where one is needed: blanks say nothing, and stand in the ledger for ever. */
export const givenReason = reason.min(1).refine((text) => text.trim() !== '', 'a reason');
const PAGE_WORDS = 'a whole number from 1 to 100';
export const limitOr = (usual: number) =>
  z.coerce.number({ error: PAGE_WORDS }).int(PAGE_WORDS).min(1, PAGE_WORDS).max(100, PAGE_WORDS).default(usual);
export const limit = limitOr(20);
export const cursor = z.string().max(2000).exactOptional();

export const epochMs = z.int().describe('Epoch milliseconds.');

export const version = z.looseObject({ artifactDigest: digest, releaseId: z.string(), commit: z.string() });

export const stage = z.looseObject({
  name: z.string(),
  environment: z.string().exactOptional(),
  status: z.enum(['pending', 'running', 'waiting', 'passed', 'failed', 'skipped']),
  startedAt: epochMs.exactOptional(),
  endedAt: epochMs.exactOptional(),
  reason: z.string().exactOptional(),
  verdict: z.enum(['pass', 'fail', 'inconclusive', 'insufficient_data', 'error']).exactOptional(),
  evidence: digest.exactOptional(),
});

export const outcome = z.enum([
  'promoted',
  'provisional',
  'blocked',
  'rejected',
  'failed',
  'superseded',
  'expired',
  'rolled_back',
  'cancelled',
]);

export const release = z.looseObject({
  releaseId: z.string(),
  model: name,
  commit: commitHash,
  order: z.int(),
  trigger: z.looseObject({ kind: z.string(), by: z.string(), at: epochMs, reason: z.string().exactOptional() }),
  params,
  startedAt: epochMs,
  endedAt: epochMs.exactOptional(),
  outcome: outcome.exactOptional(),
  reason: z.string().exactOptional(),
  stages: z.array(stage),
  artifactDigest: digest.exactOptional(),
  evidenceDigest: digest.exactOptional(),
  waiting: z
    .looseObject({
      environment: z.string(),
      roles: z.array(z.string()),
      quorum: z.int(),
      groups: z.array(z.looseObject({ roles: z.array(z.string()), quorum: z.int() })).exactOptional(),
      since: epochMs,
      remindAt: epochMs,
      expireAt: epochMs,
    })
    .exactOptional(),
  decisions: z.array(
    z.looseObject({
      at: epochMs,
      jti: z.string(),
      subject: z.string(),
      decision: z.string(),
      reason: z.string(),
      counted: z.boolean(),
      inPlaceOf: z.string().exactOptional().describe('The identity whose place it was given in.'),
      to: z.string().exactOptional().describe('Of a delegation: who takes the place.'),
      refusal: z.string().exactOptional(),
      lapsed: z
        .looseObject({ at: epochMs, code: z.string(), reason: z.string() })
        .exactOptional()
        .describe('It counted, and does not any more.'),
    }),
  ),
});

export const canary = z.looseObject({
  environment: z.string(),
  status: z.string(),
  strategy: z.string().exactOptional().describe('Absent: a canary.'),
  phase: z.string().exactOptional().describe('`shadow` or `switch`; absent: a step of the canary.'),
  step: z.int().describe('From 1.'),
  steps: z.int(),
  weight: z.number().describe('Percent of the traffic.'),
  copies: z.number().exactOptional().describe('Of a shadow: percent of the requests that it gets a copy of.'),
  alone: z.boolean().describe('There is no champion: the candidate has all traffic.'),
  requests: z.int().exactOptional().describe('Answered by the candidate on this step.'),
  needed: z.int().describe('Requests that it takes before the step is judged.'),
  until: epochMs.exactOptional().describe('When the step ends without a verdict.'),
  awaits: z
    .looseObject({ step: z.int(), roles: z.array(z.string()), since: epochMs, until: epochMs })
    .exactOptional()
    .describe('Whose word it waits for, and when all traffic goes back without it.'),
  said: z
    .array(z.looseObject({ kind: z.string(), by: z.string(), reason: z.string(), at: epochMs }))
    .exactOptional()
    .describe('What people said to it: pause, resume, promote, abort.'),
});

export const releaseSummary = z.looseObject({
  releaseId: z.string(),
  model: z.string(),
  commit: z.string(),
  startedAt: epochMs,
  endedAt: epochMs.exactOptional(),
  running: z.boolean(),
  stage: z.string().exactOptional().describe('What a running release is at.'),
  outcome: outcome.exactOptional(),
  reason: z.string().exactOptional(),
});

export type ReleaseSummary = Readonly<z.output<typeof releaseSummary>>;

export const incident = z.looseObject({
  incidentId: z.string(),
  model: z.string(),
  environment: z.string(),
  kind: z.string(),
  subject: z.string(),
  status: z.enum(['open', 'acknowledged', 'remediating', 'resolved']),
  openedAt: epochMs,
  owner: z.string(),
});

export const problem = z.looseObject({
  type: z.string(),
  title: z.string().describe('What the code means.'),
  status: z.int(),
  detail: z.string().describe('What happened this time.'),
  instance: z.string().describe('ID of the request, as in the logs.'),
  code: z.string().describe('A code of docs/errors.md.'),
  retryable: z.boolean(),
  action: z.string().describe('What to do.'),
});

export const environmentStatus = z.looseObject({
  model: z.string(),
  environment: z.string(),
  epoch: z.int().describe('0: nothing was ever deployed.'),
  champion: version.exactOptional(),
  previous: version.exactOptional(),
  retired: z
    .looseObject({ at: epochMs, by: z.string(), reason: z.string(), epoch: z.int(), version })
    .exactOptional()
    .describe('Nothing runs, because somebody retired the model.'),
  candidate: version.exactOptional(),
  canary: canary.exactOptional().describe('How far the rollout is that runs, where it has phases.'),
  serving: z
    .unknown()
    .describe(
      'What the target itself says it runs, asked now; null when it was never told to, or cannot be asked (then `servingProblem`).',
    ),
});

/** Of a link that the API signed; see `reportLink`. */
export const link = {
  until: z.string().max(20).exactOptional().describe('End of a signed link, epoch milliseconds.'),
  sig: z.string().max(100).exactOptional().describe('Signature of a signed link: opens the report without a token.'),
};

/** One person signed for break-glass where a release waits, and a second one is missing. */
export const glassAsked = z
  .looseObject({
    environment: z.string(),
    by: z.string(),
    at: epochMs,
    second: z.array(z.string()).describe('Identities that may sign as the second person, now.'),
    roles: z.array(z.string()),
    until: epochMs.exactOptional(),
  })
  .describe('One person signed for break-glass, and a second one is missing.');
