/** The route that Slack asks when somebody clicks in a message, and what it may carry (docs/decisions/0037). */
import { z } from 'zod';
import { json } from './answers.js';
import type { RouteShape } from './route.js';

export const SLACK_ROUTES = {
  slackInteraction: {
    method: 'POST',
    url: '/api/v1/slack/interactions',
    access: 'public',
    summary: 'What somebody clicked in a message of Slack; signed by Slack, and no decision',
    body: z.string().min(1).describe('`payload=` and JSON, as Slack sends and signs it.'),
    form: true,
    secretAnswer: true,
    answers: { 200: json('It was taken, or is nothing that Slipway has to know.', z.looseObject({})) },
  },
} as const satisfies Record<string, RouteShape>;

/** Of the many fields of Slack’s `block_actions` (https://docs.slack.dev/reference/interaction-payloads/block_actions-payload). */
export const slackInteraction = z.looseObject({
  type: z.string(),
  team: z.looseObject({ id: z.string() }),
  user: z.looseObject({ id: z.string(), team_id: z.string().optional() }),
  actions: z
    .array(
      z.looseObject({
        action_id: z.string().optional(),
        block_id: z.string().optional(),
        value: z.string().nullish(),
      }),
    )
    .default([]),
});
