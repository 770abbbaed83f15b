/** environments of slipway.yaml, in the order in which a release passes them. */
import { z } from 'zod';
import { LONGEST_WAIT_DAYS } from '../../domain/approval/longestWait.js';
import { duration, name } from '../names.js';
import { analysisMetric, quality } from './analysisMetrics.js';
import { inputs } from './inputs.js';
import { serving } from './serving.js';
import { mapping, wholeNumber } from '../yaml/expected.js';

const required = mapping({
  roles: z
    .array(name)
    .min(1)
    .max(20)
    .describe('Whoever has one of these roles may approve, except authors and triggers of the release.'),
  quorum: wholeNumber().min(1).max(20).default(1).describe('How many people must approve.'),
  groups: z
    .array(
      mapping({
        roles: z.array(name).min(1).max(20).describe('Whoever has one of these roles may approve, too.'),
        quorum: wholeNumber().min(1).max(20).default(1).describe('How many of them must approve.'),
      }),
    )
    .max(10)
    .exactOptional()
    .describe('So many of those who approve must have one of these roles, whoever else approves.'),
  remindAfter: duration('1s', '45d').prefault('1d').describe('Then approvers and owners hear of it again.'),
  delegateAfter: duration('1s', '45d')
    .exactOptional()
    .describe('Then the deputies that the operator names for a silent person may decide in that place.'),
  escalateAfter: duration('1s', '45d').exactOptional().describe('Then escalateTo hears that nobody decided.'),
  escalateTo: z.array(name).min(1).max(20).exactOptional().describe('Roles that hear of it then.'),
  escalateDecides: z.boolean().exactOptional().describe('Whether they may decide, too, from then on.'),
  expireAfter: duration('1s', `${LONGEST_WAIT_DAYS}d`)
    .prefault('9d')
    .describe('Then the release ends as expired: silence never means yes.'),
  inputs: inputs.exactOptional().describe('What whoever approves must say besides, by name; part of what they sign.'),
});

const approval = z
  .union([z.literal('none'), z.literal('automatic'), required], {
    error:
      'none, automatic, or {roles, quorum, groups, remindAfter, delegateAfter, escalateAfter, escalateTo, expireAfter, inputs}',
  })
  .describe(
    'Asked before the artifact enters the environment. automatic: continuous deployment, on green evidence only.',
  );

const share = z.number().min(0).max(1);

const analysis = mapping({
  maxErrorRateIncrease: share.default(0.01).describe("Share of failed requests above the champion's."),
  maxLatencyRatio: z.number().min(1).max(100).default(2).describe("p95 latency over the champion's."),
  maxPredictionDistance: share.default(0.15).describe('Jensen-Shannon distance between the predictions of both.'),
  maxFeatureDistance: share
    .default(0.3)
    .describe('Jensen-Shannon distance between training and live traffic, per feature.'),
  quality: quality.exactOptional(),
  metrics: z.array(analysisMetric).min(1).max(10).exactOptional().describe('What its owners measure themselves.'),
  falseAborts: z
    .number()
    .min(0.000_001)
    .max(0.5)
    .exactOptional()
    .describe(
      'Chance that a rollout of a candidate like the champion is sent back by errors, latency, predictions and features together (0.01).',
    ),
  interval: duration('250ms', '30d')
    .exactOptional()
    .describe('Time between two looks, also while a step is held; absent: after the hold, then fewer and fewer.'),
  failureLimit: wholeNumber()
    .min(0)
    .max(1_000)
    .exactOptional()
    .describe('Looks at one step that may fail before all traffic goes back (0).'),
  inconclusiveLimit: wholeNumber()
    .min(0)
    .max(1_000)
    .exactOptional()
    .describe(
      'Looks at one step that may be inconclusive before the rollout pauses for a person; absent: any number, until its deadline.',
    ),
  errorLimit: wholeNumber()
    .min(0)
    .max(1_000)
    .exactOptional()
    .describe('Looks in a row that may be an error before all traffic goes back (0).'),
});

/** `true` is the short form: an operator, within a day. */
const approve = z
  .union(
    [
      z.literal(true),
      mapping({
        roles: z
          .array(name)
          .max(20)
          .default([])
          .describe('Whoever has one of these roles may say so, besides operators.'),
        deadline: duration('1m', '30d')
          .prefault('1d')
          .describe('Without the word by then all traffic goes back: silence never means yes.'),
      }),
    ],
    { error: 'true, or {roles, deadline}' },
  )
  .exactOptional()
  .describe('Behind this step it goes on only when somebody says so; never an author of the release.');

const step = mapping({
  approve,
  weight: z.number().min(0.1).max(100).describe('Percent of the traffic.'),
  hold: duration('0s', '30d').describe('The shortest time on this step.'),
  minRequests: wholeNumber()
    .min(1)
    .default(100)
    .describe('Requests that the candidate must have answered before it is judged.'),
  deadline: duration('1s', '45d')
    .prefault('1h')
    .describe('Without minRequests by then the step is insufficient_data, and the rollout goes back.'),
});

const shadow = mapping({
  copies: z.number().min(0.1).max(100).default(100).describe('Percent of the requests that it gets a copy of.'),
  hold: duration('0s', '30d').describe('The shortest time of it.'),
  minRequests: wholeNumber()
    .min(1)
    .default(100)
    .describe('Copies that the candidate must have answered before it is judged.'),
  deadline: duration('1s', '45d').prefault('1h').describe('Without minRequests by then the rollout ends.'),
  analysis: analysis.prefault({}).describe('What it may do worse than the champion, which answered the same requests.'),
})
  .exactOptional()
  .describe(
    'First of all the candidate gets copies of requests, and answers nobody; it is judged by what it makes of them.',
  );

const canary = mapping({
  canary: mapping({
    shadow,
    steps: z
      .array(step)
      .min(1)
      .max(20)
      .describe('One after the other; the next begins when the one before was judged sound.'),
    analysis: analysis.prefault({}).describe('What the candidate may do worse than the champion beside it.'),
  }).describe('More and more of the traffic, judged at each step.'),
});

const blueGreen = mapping({
  blueGreen: mapping({
    shadow,
    keep: duration('1s', '30d')
      .prefault('10m')
      .describe(
        'How long what ran before stays up after the switch, without traffic; the candidate is watched meanwhile.',
      ),
    minRequests: wholeNumber()
      .min(1)
      .default(100)
      .describe('Requests that the candidate must have answered after the switch before it is judged.'),
    deadline: duration('1s', '45d')
      .prefault('1h')
      .describe('Without minRequests by then the switch is insufficient_data, and the rollout goes back.'),
    analysis: analysis
      .prefault({})
      .describe('What the candidate may do worse than the champion did before the switch.'),
  }).describe('All of the traffic in one switch, with what ran before kept for the way back.'),
});

const rollout = z.union([z.literal('immediate'), canary, blueGreen], {
  error: 'immediate, {canary: {steps, analysis, shadow}} or {blueGreen: {keep, analysis, shadow}}',
});

const hotfix = mapping({
  approval: required
    .exactOptional()
    .describe('Who lets it in; absent: the same as always. Only in the last environment.'),
  reviewWithin: duration('1m', '45d')
    .prefault('2d')
    .describe('By then approval of this environment must be met, too, or what it replaced comes back.'),
  soak: duration('1s', '30d').exactOptional().describe('How long it soaks here; absent: not at all.'),
}).describe('How `slipway release start --hotfix` comes in: less waiting, the same checks, gates and canary.');

const bake = mapping({
  metric: z.enum(['brier', 'log_loss']).default('brier').describe('What is computed of rows with labels.'),
  maxLoss: z.number().min(0).exactOptional().describe('The most that it may really lose, on average.'),
  maxIncrease: z.number().min(0).exactOptional().describe('The same above what it lost when it was packaged.'),
  minLabels: wholeNumber().min(1).default(1000).describe('Rows with labels that it takes.'),
  minShare: share.default(0.5).describe('Share of the rows that must have labels.'),
  labelDelay: duration('0s', '365d')
    .exactOptional()
    .describe('Age in event time at which labels are there; that of monitoring where absent.'),
  within: duration('1s', '90d').prefault('21d').describe('The deadline.'),
  otherwise: z
    .enum(['confirm', 'revert', 'ask'])
    .default('ask')
    .describe('Without a verdict by then it is confirmed, taken back, or its owners are asked.'),
  answerWithin: duration('1s', '90d')
    .exactOptional()
    .describe('How long owners have to answer (7d); without an answer it stays provisional.'),
}).describe('Provisional until labels say what it is worth. Only of the last environment.');

export const environment = mapping({
  name: name.describe('As the operator calls it.'),
  approval: approval.default('none'),
  rollout: rollout.default('immediate').describe('How a version takes over: at once, or step by step.'),
  verify: mapping({
    smokeRows: wholeNumber()
      .min(0)
      .max(100_000)
      .default(100)
      .describe('How many; their answers must be those that the artifact was packaged with.'),
  })
    .prefault({})
    .describe('Rows of the evaluation table sent to the deployed model over HTTP.'),
  gates: z.array(name).max(50).default([]).describe('Gates that must pass here before the release moves on.'),
  soak: duration('1s', '30d')
    .exactOptional()
    .describe('How long the version must have been sound here, in one piece, before the release moves on.'),
  evidenceLasts: duration('1m', '30d')
    .exactOptional()
    .describe(
      'How old evidence of the environment before may be when a hold or freeze of this one ends (1d); older is found anew.',
    ),
  bake: bake.exactOptional(),
  hotfix: hotfix.exactOptional(),
  serving: serving.exactOptional(),
});
