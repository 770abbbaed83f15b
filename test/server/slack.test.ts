/** Clicks as Slack sends and signs them, over HTTP. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { MAX_COMMENTS_OF_ONE, type Comment } from '../../src/domain/release/comment.js';
import { slackBlocks } from '../../src/domain/release/slackBlocks.js';
import { createApp } from '../../src/server/app.js';
import { COMMIT, NOW, openScene, startRelease, TOKENS } from './scene.js';

const SECRET = '8f742231b10e8888abcd99yyyzzz85a5';
const TEAM = 'T0123ABCD';
const RELEASE = `release/flights/${COMMIT}`;
const BLOCKS = slackBlocks(RELEASE)!;

interface Click {
  readonly user?: string;
  readonly team?: string;
  readonly actions?: readonly object[];
  readonly type?: string;
}
const seen = { action_id: 'slipway_seen', block_id: BLOCKS.actions, type: 'button', value: null };
const question = (value: string) => ({
  ...{ action_id: 'slipway_question', block_id: BLOCKS.question, type: 'plain_text_input' },
  value,
});
const bodyOf = ({ user = 'U0REVIEWER', team = TEAM, actions = [seen], type = 'block_actions' }: Click): string =>
  new URLSearchParams({
    payload: JSON.stringify({ type, team: { id: team }, user: { id: user, team_id: team }, actions, token: 'old' }),
  }).toString();
const signed = (body: string, at = NOW, secret = SECRET) => {
  const timestamp = String(Math.floor(at / 1000));
  const signature = `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex')}`;
  return { 'x-slack-request-timestamp': timestamp, 'x-slack-signature': signature };
};

describe('a click in Slack', () => {
  let now = NOW;
  const scene = openScene({ now: () => now });
  const app = createApp({ ...scene.ports, slack: { signingSecret: SECRET, team: TEAM } });
  let url: string;
  before(async () => {
    scene.people[1] = { name: 'reviewer', roles: ['reviewer'], gitEmails: [], slack: 'U0REVIEWER' };
    await startRelease(scene, COMMIT, 'production');
    url = `${await app.listen({ host: '127.0.0.1', port: 0 })}/api/v1/slack/interactions`;
  });
  after(() => app.close());

  const post = async (body: string, headers: Readonly<Record<string, string>>) => {
    const answer = await fetch(url, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    });
    const { code } = (await answer.json()) as { code?: string };
    return `${answer.status} ${code ?? 'ok'}`;
  };
  const click = (what: Click, at = now) => {
    const body = bodyOf(what);
    return post(body, signed(body, at));
  };
  const comments = async () =>
    (await scene.ask('guest', 'GET', `/api/v1/releases/flights/${COMMIT}/comments`))
      .json<{ comments: readonly Comment[] }>()
      .comments.map(({ by, kind, text }) => `${by} ${kind} ${text}`);
  /** A signature is of a second: each click has its own. */
  const later = (): void => void (now += 1_000);

  it('says that somebody has seen it, or asks, as the identity that the operator tied to the user', async () => {
    assert.equal(await click({}), '200 ok');
    later();
    assert.equal(await click({ actions: [question('why <b>another</b> seed?')] }), '200 ok');
    assert.deepEqual(await comments(), [
      'reviewer comment I have seen it (in Slack).',
      'reviewer question why <b>another</b> seed?',
    ]);
  });

  it('decides nothing, whatever it says, and opening the page says nothing', async () => {
    const before = await comments();
    const open = { type: 'button', block_id: BLOCKS.actions, action_id: 'Xy1' };
    const approve = { type: 'button', block_id: BLOCKS.actions, action_id: 'approve', value: 'approve' };
    for (const actions of [[open], [approve], [{ ...seen, block_id: 'of-another-app' }], [question('  ')], []]) {
      later();
      assert.equal(await click({ actions }), '200 ok');
    }
    later();
    assert.equal(await click({ type: 'view_submission' }), '200 ok');
    assert.deepEqual([await comments(), scene.decided], [before, []]);
  });

  it('is refused where Slack did not sign these bytes now, and nothing is said', async () => {
    const before = await comments();
    later();
    const body = bodyOf({});
    const good = signed(body, now);
    const refused = '401 slack_signature_refused';
    const altered = body.replace('slipway_seen', 'slipway_question');
    assert.notEqual(altered, body);
    const wrong: Readonly<Record<string, readonly [string, Readonly<Record<string, string>>]>> = {
      'an altered body': [altered, good],
      'one byte more': [`${body}&x=1`, good],
      'another secret': [body, signed(body, now, 'x'.repeat(32))],
      'no signature': [body, {}],
      'half a signature': [body, { ...good, 'x-slack-signature': good['x-slack-signature'].slice(0, -1) }],
      'another version': [body, { ...good, 'x-slack-signature': good['x-slack-signature'].replace('v0=', 'v1=') }],
      'another time': [body, { ...good, 'x-slack-request-timestamp': String(Math.floor(now / 1000) + 1) }],
      'no time': [body, { ...good, 'x-slack-request-timestamp': 'soon' }],
      'too long ago': [body, signed(body, now - 301_000)],
      'from the future': [body, signed(body, now + 302_000)],
    };
    for (const [name, [bytes, headers]] of Object.entries(wrong))
      assert.equal(await post(bytes, headers), refused, name);
    assert.deepEqual(await comments(), before);
    // As JSON it is not what was signed either.
    assert.match(await post(body, { ...good, 'content-type': 'application/json' }), /^4(00|15) /);
  });

  it('is taken once: shown again it is refused, also where another process has to', async () => {
    later();
    const body = bodyOf({ actions: [question('only once?')] });
    const headers = signed(body, now);
    assert.equal(await post(body, headers), '200 ok');
    assert.equal(await post(body, headers), '409 slack_replayed');
    const other = createApp({ ...scene.ports, slack: { signingSecret: SECRET, team: TEAM } });
    const again = await other.inject({
      method: 'POST',
      url: '/api/v1/slack/interactions',
      payload: body,
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    });
    assert.equal(again.statusCode, 200, again.body);
    assert.equal((await comments()).filter((one) => one.endsWith('only once?')).length, 1);
    now += 11 * 60_000;
    assert.equal(await post(body, headers), '401 slack_signature_refused');
  });

  it('is of nobody where the user is unknown, of another workspace, or revoked', async () => {
    const before = await comments();
    later();
    assert.equal(await click({ user: 'U0STRANGER' }), '403 slack_user_unknown');
    assert.equal(await click({ team: 'T0OTHER' }), '403 slack_user_unknown');
    const reviewer = scene.people[1]!;
    scene.people[1] = { ...reviewer, revoked: { reason: 'left', since: 0 } };
    assert.equal(await click({}), '403 identity_revoked');
    scene.people[1] = reviewer;
    assert.deepEqual(await comments(), before);
    // What was refused did nothing, and may come again.
    assert.equal(await click({}), '200 ok');
  });

  it('is about a release that there is, and bound as every comment is', async () => {
    later();
    const elsewhere = slackBlocks(`release/flights/${'c'.repeat(40)}`)!.actions;
    assert.equal(await click({ actions: [{ ...seen, block_id: elsewhere }] }), '404 not_found');
    for (let nth = (await comments()).length; nth < MAX_COMMENTS_OF_ONE; nth += 1) {
      later();
      assert.equal(await click({}), '200 ok');
    }
    later();
    assert.equal(await click({}), '409 comments_own_full');
  });

  it('is not taken at all where the operator has no app of Slack', async () => {
    const body = bodyOf({});
    const answer = await scene.app.inject({
      method: 'POST',
      url: '/api/v1/slack/interactions',
      payload: body,
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...signed(body, now) },
    });
    assert.deepEqual([answer.statusCode, answer.json<{ code: string }>().code], [404, 'slack_unavailable']);
  });

  it('opens no other route to forms, which any page can send', async () => {
    const answer = await fetch(url.replace('slack/interactions', `releases/flights/${COMMIT}/comments`), {
      method: 'POST',
      body: 'text=hello',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    assert.ok([401, 415].includes(answer.status), String(answer.status));
    const asAuthor = await scene.app.inject({
      method: 'POST',
      url: `/api/v1/releases/flights/${COMMIT}/comments`,
      payload: 'text=hello',
      headers: { 'content-type': 'application/x-www-form-urlencoded', authorization: `Bearer ${TOKENS['author']}` },
    });
    assert.equal(asAuthor.statusCode, 415, asAuthor.body);
  });
});
