/** What a rollback would do, as the API answers it. */
import { z } from 'zod';
import { digest } from '../names.js';
import { epochMs, version } from './shapes.js';

const request = z.looseObject({ kind: z.string(), version, by: z.string() });

export const rollbackPlan = z.looseObject({
  model: z.string(),
  environment: z.string(),
  epoch: z.int(),
  plan: digest.describe('Names the act: send it with the rollback, and nothing else is done than what was shown.'),
  from: version.exactOptional().describe('What serves now; absent: nothing does.'),
  retired: z
    .looseObject({ by: z.string(), reason: z.string(), at: epochMs })
    .exactOptional()
    .describe('Nothing serves, because somebody retired the model: the rollback takes that back.'),
  to: version,
  undone: z
    .array(
      z.looseObject({
        epoch: z.int(),
        kind: z.string(),
        version,
        by: z.string(),
        at: epochMs,
        subject: z.string().exactOptional().describe('First line of its commit.'),
      }),
    )
    .describe('Deployed since `to` served last, the newest first.'),
  commits: z
    .int()
    .exactOptional()
    .describe('How many commits of the branch are undone, by their positions; negative: they come in.'),
  lastServed: z.looseObject({ from: epochMs, until: epochMs }).exactOptional().describe('Absent: never, or not known.'),
  committedAt: epochMs.exactOptional().describe('Of the commit of `to`: how old it is.'),
  subject: z.string().exactOptional(),
  aborts: request.extend({ epoch: z.int() }).exactOptional().describe('The rollout under way, which is aborted first.'),
  behind: z.array(request).describe('Rollbacks and repairs that come before it.'),
  evidence: z
    .array(
      z.looseObject({
        stage: z.string(),
        environment: z.string().exactOptional(),
        verdict: z.string(),
        reason: z.string(),
        evidence: digest.exactOptional(),
      }),
    )
    .describe('What the ledger says of the checks and gates of `to`, the last of each.'),
  inputs: z
    .array(
      z.looseObject({
        feature: z.string(),
        change: z.enum(['added', 'removed', 'changed']),
        what: z.string(),
        breaks: z.boolean().describe('Requests that are right now would be refused, or mean something else.'),
      }),
    )
    .nullable()
    .describe('How its inputs differ from those of what serves; null: one of the two cannot be read.'),
  holds: z.array(z.looseObject({ id: z.string(), kind: z.string(), reason: z.string() })).describe('In force there.'),
  incidents: z.array(z.looseObject({ incidentId: z.string(), status: z.string() })).describe('Open there.'),
});
