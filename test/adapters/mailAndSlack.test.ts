/** Mail to a real mail server over STARTTLS, and Slack's incoming webhook as its documentation describes it. */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import type { SmtpServer } from '../../src/contract/channels.js';
import { createNotifier } from '../../src/adapters/channels/notifier.js';
import { releaseOfBlock } from '../../src/domain/release/slackBlocks.js';
import type { Notification, Notifier } from '../../src/ports/notifier.js';
import { selfSigned } from '../fixtures/certificate.js';
import { MAIL_USER, startMailServer, type MailServer } from '../servers/smtp.js';

const LINK = 'https://slipway.example.org/releases/m/0123456';
const asked = (subject = 'm waits for you', body = 'production: 1 of 2 approvals'): Notification => ({
  id: 'release/m/0123456/asked/reviewer',
  kind: 'approval_requested',
  to: 'reviewer',
  subject,
  body,
  url: LINK,
  data: {},
});

describe('mail', () => {
  let certificate: ReturnType<typeof selfSigned>;
  let server: MailServer;
  const refused: Record<string, number> = {};
  before(async () => {
    certificate = selfSigned(['localhost']);
    server = await startMailServer(certificate, { forAddress: (address) => refused[address] });
  });
  after(() => server.close());

  const smtp = (changes: Partial<SmtpServer> = {}): SmtpServer => ({
    host: 'localhost',
    port: server.port,
    security: 'starttls',
    from: 'slipway@example.org',
    login: MAIL_USER,
    ca: certificate.cert,
    ...changes,
  });
  const mailTo = (addresses: readonly string[], changes?: Partial<SmtpServer>): Notifier =>
    createNotifier({ reviewer: { kind: 'mail', addresses } }, { smtp: smtp(changes), timeoutMs: 2_000 });

  it('goes encrypted, after a log-in, as a text with a link', async () => {
    await mailTo(['reviewer@example.org']).notify(asked());
    const mail = server.received.at(-1);
    assert.deepEqual(
      { ...mail, raw: '' },
      { from: 'slipway@example.org', to: ['reviewer@example.org'], raw: '', user: 'slipway', encrypted: true },
    );
    assert.match(mail?.raw ?? '', /^Subject: Slipway: m waits for you\r$/m);
    assert.match(mail?.raw ?? '', /^Content-Type: text\/plain; charset=utf-8\r$/m);
    assert.match(mail?.raw ?? '', /production: 1 of 2 approvals/);
    assert.ok(mail?.raw.includes(LINK));
  });

  it('has the same Message-ID each time that it is sent', async () => {
    const ids = [];
    for (const _ of [1, 2]) {
      await mailTo(['reviewer@example.org']).notify(asked());
      ids.push(/^Message-ID: (.*)\r$/m.exec(server.received.at(-1)?.raw ?? '')?.[1]);
    }
    assert.equal(ids[0], ids[1]);
    assert.match(ids[0] ?? '', /^<[0-9a-f]{32}@/);
  });

  it('takes nothing from a text for a header or another address', async () => {
    const before = server.received.length;
    await mailTo(['reviewer@example.org']).notify(
      asked('a\r\nBcc: author@example.org\r\n\r\n<script>', '.\r\nQUIT\r\n'),
    );
    assert.equal(server.received.length, before + 1);
    const mail = server.received.at(-1);
    assert.deepEqual(mail?.to, ['reviewer@example.org']);
    assert.doesNotMatch(mail?.raw ?? '', /^Bcc:/im);
  });

  for (const [code, expected] of [
    [450, 'notification_failed'],
    [550, 'notification_refused'],
  ] as const)
    it(`ends as ${expected} where the server answers ${code}`, async () => {
      refused['gone@example.org'] = code;
      await assert.rejects(mailTo(['gone@example.org']).notify(asked()), {
        code: expected,
        message: new RegExp(`SMTP ${code}`),
      });
    });

  it('says how many addresses the server refused', async () => {
    refused['gone@example.org'] = 550;
    await assert.rejects(mailTo(['reviewer@example.org', 'gone@example.org']).notify(asked()), {
      code: 'notification_refused',
      message: /refuses 1 of 2 addresses/,
    });
  });

  it('is refused where the password is another one, without telling it', async () => {
    const notifier = mailTo(['reviewer@example.org'], { login: { user: 'slipway', password: 'another' } });
    await assert.rejects(notifier.notify(asked()), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'notification_refused');
      assert.doesNotMatch(error.message, /another/);
      return true;
    });
  });

  it('goes to no server whose certificate comes from somebody else', async () => {
    const before = server.received.length;
    const { ca: _, ...stranger } = smtp();
    const notifier = createNotifier(
      { reviewer: { kind: 'mail', addresses: ['reviewer@example.org'] } },
      { smtp: stranger },
    );
    await assert.rejects(notifier.notify(asked()), /the mail server did not take the message/);
    assert.equal(server.received.length, before);
  });

  it('says no password where a server takes encryption away', async () => {
    const plain = await startMailServer(certificate, { tls: false });
    await assert.rejects(mailTo(['reviewer@example.org'], { port: plain.port }).notify(asked()), {
      code: 'notification_refused',
    });
    assert.deepEqual(plain.received, []);
    await plain.close();
  });

  it('may be tried again where nobody is there', async () => {
    const gone = await startMailServer(certificate);
    await gone.close();
    await assert.rejects(mailTo(['reviewer@example.org'], { port: gone.port }).notify(asked()), {
      code: 'notification_failed',
    });
  });
});

describe('Slack', () => {
  let server: Server;
  let url: string;
  const posted: { readonly text: string; readonly blocks: readonly Record<string, unknown>[] }[] = [];
  before(async () => {
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        posted.push(JSON.parse(Buffer.concat(chunks).toString('utf8')) as (typeof posted)[number]);
        response.end('ok');
      });
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/services/T0/B0/x`;
  });
  after(() => server.close());

  it('gets plain texts within its limits, and a button that opens the release', async () => {
    const notifier = createNotifier({ reviewer: { kind: 'slack', url } });
    await notifier.notify(asked('<!channel> *m* & co', 'x'.repeat(4_000)));
    const { text, blocks } = posted.at(-1) ?? { text: '', blocks: [] };
    assert.equal(text, '&lt;!channel&gt; *m* &amp; co');
    assert.deepEqual(
      blocks.map(({ type }) => type),
      ['header', 'section', 'actions'],
    );
    assert.deepEqual(blocks[0]?.['text'], { type: 'plain_text', text: '<!channel> *m* & co', emoji: false });
    assert.equal((blocks[1]?.['text'] as { readonly text: string }).text.length, 3_000);
    const [button] = blocks[2]?.['elements'] as readonly Record<string, unknown>[];
    assert.equal(button?.['url'], LINK);
  });

  it('gets a button and a field about the release where clicks reach the API, and nothing of them where not', async () => {
    const releaseId = `release/m/${'a'.repeat(40)}`;
    const about = { ...asked('m waits', 'x'), data: { releaseId } };
    const blocksOf = async (interactive: boolean, notification = about) => {
      const channel = { kind: 'slack', url, ...(interactive ? { interactive } : {}) } as const;
      await createNotifier({ reviewer: channel }).notify(notification);
      return posted.at(-1)?.blocks ?? [];
    };
    const blocks = await blocksOf(true);
    const [actions, question] = blocks.slice(2);
    const [open, seen] = actions?.['elements'] as readonly Record<string, unknown>[];
    assert.deepEqual([open?.['url'], seen?.['action_id']], [LINK, 'slipway_seen']);
    for (const block of [actions, question])
      assert.deepEqual(releaseOfBlock(String(block?.['block_id'])), { model: 'm', release: 'a'.repeat(40) });
    assert.equal(new Set(blocks.map((block) => block['block_id']).filter(Boolean)).size, 2);
    assert.deepEqual([question?.['type'], question?.['dispatch_action']], ['input', true]);
    const types = async (...given: Parameters<typeof blocksOf>) =>
      (await blocksOf(...given)).map(({ type }) => type).join(' ');
    assert.equal(await types(false), 'header section actions');
    for (const other of ['incident/m/production/x', `release/m/${'a'.repeat(255)}`, 7])
      assert.equal(await types(true, { ...about, data: { releaseId: other as string } }), 'header section actions');
  });

  it('gets no block that it would refuse: one without text, or a link that is too long', async () => {
    const notifier = createNotifier({ reviewer: { kind: 'slack', url } });
    await notifier.notify({ ...asked('m waits', ''), url: `https://example.org/${'x'.repeat(3_000)}` });
    assert.deepEqual(
      posted.at(-1)?.blocks.map(({ type }) => type),
      ['header'],
    );
  });
});
