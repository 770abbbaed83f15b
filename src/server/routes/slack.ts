import { slackInteraction } from '../../contract/http/slackRoutes.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import { releaseOfBlock, SLACK_QUESTION, SLACK_SEEN } from '../../domain/release/slackBlocks.js';
import type { Identity } from '../../domain/identity/types.js';
import type { Handlers } from '../call.js';
import type { ServerPorts } from '../ports.js';
import type { ReleaseParams } from '../releaseState.js';
import { assertSigned } from '../slack/assertSigned.js';
import { createTakenOnce } from '../slack/takenOnce.js';
import { assertDepth, validate } from '../validate.js';
import { addComment } from './comments.js';
import { refuseWhoHasNothing } from './login.js';

/**
 * A click says something of a release, and decides nothing: nobody proved by it who they are to us, nor what they were
 * shown (docs/decisions/0037).
 */
export const slackHandlers = (ports: ServerPorts): Pick<Handlers, 'slackInteraction'> => {
  const once = createTakenOnce(ports.now);
  return {
    slackInteraction: async ({ body, slack = {} }) => {
      if (ports.slack === undefined)
        throw new SlipwayError('slack_unavailable', 'slipway.config.yaml had no slack when the API started');
      const { signingSecret, team } = ports.slack;
      assertSigned(body, slack, signingSecret, ports.now());
      await once(slack.signature ?? '', async () => {
        const { user, actions, ...about } = read(body, ports.settings.limits.jsonDepth);
        if (about.team.id !== team || (user.team_id ?? team) !== team)
          throw new SlipwayError('slack_user_unknown', `${user.id} is of another workspace than ${team}`);
        const said = actions.flatMap((action) => wordsOf(action));
        if (about.type !== 'block_actions' || said.length === 0) return;
        const identity = await identityOf(ports, user.id);
        for (const { params, ...words } of said)
          await addComment(ports, { params, body: words, identity, idempotencyKey: `slack ${slack.signature ?? ''}` });
      });
      return { body: {} };
    },
  };
};

const MOST_TEXT = 2_000;

type Action = ReturnType<typeof read>['actions'][number];

interface Said {
  readonly params: ReleaseParams;
  readonly kind: 'comment' | 'question';
  readonly text: string;
}

/** What an element of ours says; elements of others, and the one that opens the page, say nothing. */
const wordsOf = ({ action_id: action, block_id: block, value }: Action): readonly Said[] => {
  const params = releaseOfBlock(block);
  if (params === undefined) return [];
  if (action === SLACK_SEEN) return [{ params, kind: 'comment', text: 'I have seen it (in Slack).' }];
  const text = (value ?? '').trim().slice(0, MOST_TEXT);
  return action === SLACK_QUESTION && text !== '' ? [{ params, kind: 'question', text }] : [];
};

const read = (body: string, depth: number) => {
  const payload = new URLSearchParams(body).get('payload') ?? '';
  assertDepth(payload, depth);
  const parsed = ((): unknown => {
    try {
      return JSON.parse(payload);
    } catch (cause) {
      throw new SlipwayError('request_invalid', 'body payload: not JSON', {}, { cause });
    }
  })();
  return validate(slackInteraction, parsed, 'body') as ReturnType<typeof slackInteraction.parse>;
};

/** Whoever the operator says this user of Slack is, with what they may now. */
const identityOf = async ({ directory }: ServerPorts, user: string): Promise<Identity> => {
  const identity = (await directory.identities()).find(({ slack }) => slack === user);
  if (identity === undefined)
    throw new SlipwayError('slack_user_unknown', `no identity of slipway.config.yaml has the Slack user ${user}`);
  refuseWhoHasNothing(identity);
  return identity;
};
