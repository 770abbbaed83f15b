import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { createNotifier } from '../../src/adapters/channels/notifier.js';
import type { Notification, Notifier } from '../../src/ports/notifier.js';
import { startWebhookReceiver, type WebhookReceiver } from '../fixtures/webhookReceiver.js';

const channelOf = ({ url, secret }: WebhookReceiver) => ({ kind: 'webhook', url, secret }) as const;

let directory: string;
let receiver: WebhookReceiver;
let notifier: Notifier;
let count = 0;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'slipway-webhook-'));
});
beforeEach(async () => {
  receiver = await startWebhookReceiver(join(directory, `ledger-${count++}.ndjson`));
  notifier = createNotifier({ oncall: channelOf(receiver) }, { timeoutMs: 300 });
});
after(() => rm(directory, { recursive: true, force: true }));

const notification = (id: string, to = 'oncall'): Notification => ({
  id,
  kind: 'incident_opened',
  to,
  subject: 'drift of origin',
  body: 'the share of ATL went from 20 % to 34 %',
  data: { n: 1 },
});

describe('webhooks', () => {
  it('arrive signed, and count once however often they are sent', async () => {
    await notifier.notify(notification('incident/m/production/drift.origin/1'));
    await notifier.notify(notification('incident/m/production/drift.origin/1'));
    assert.deepEqual(receiver.accepted(), [
      { id: 'incident/m/production/drift.origin/1', type: 'incident_opened', to: 'oncall', subject: 'drift of origin' },
    ]);
    assert.equal(receiver.deliveries.get('incident/m/production/drift.origin/1'), 2);
    await receiver.close();
  });

  it('are refused where the secret is another one', async () => {
    const stranger = createNotifier({
      oncall: { kind: 'webhook', url: receiver.url, secret: `whsec_${Buffer.from('another').toString('base64')}` },
    });
    await assert.rejects(stranger.notify(notification('1')), { code: 'notification_refused' });
    assert.deepEqual(receiver.accepted(), []);
    assert.equal(receiver.refused, 1);
    await receiver.close();
  });

  for (const [status, code] of [
    [400, 'notification_refused'],
    [404, 'notification_refused'],
    [410, 'notification_refused'],
    [408, 'notification_failed'],
    [429, 'notification_failed'],
    [500, 'notification_failed'],
    [503, 'notification_failed'],
  ] as const) {
    it(`end as ${code} when the receiver answers ${status}`, async () => {
      receiver.answer({ status, keep: false });
      await assert.rejects(notifier.notify(notification('1')), { code });
      await receiver.close();
    });
  }

  it('follow no redirect', async () => {
    const elsewhere = await startWebhookReceiver(join(directory, 'elsewhere.ndjson'));
    for (const status of [301, 307, 308]) {
      receiver.answer({ status, headers: { location: elsewhere.url }, keep: false });
      await assert.rejects(notifier.notify(notification('1')), { code: 'notification_refused' });
    }
    assert.equal(elsewhere.deliveries.size, 0);
    await elsewhere.close();
    await receiver.close();
  });

  it('may be tried again when nobody answers, or nobody is there', async () => {
    receiver.answer('silence');
    await assert.rejects(notifier.notify(notification('1')), { code: 'notification_failed' });
    await receiver.close();
    await assert.rejects(notifier.notify(notification('1')), { code: 'notification_failed' });
  });

  it('go to the fallback when there is no channel of that name, whatever the name is', async () => {
    const falling = createNotifier({ everybody: channelOf(receiver) }, { fallback: 'everybody' });
    await falling.notify(notification('1', 'reviewer'));
    await falling.notify(notification('2', 'constructor'));
    assert.deepEqual(
      receiver.accepted().map((entry) => entry.to),
      ['reviewer', 'constructor'],
    );
    await assert.rejects(createNotifier({}).notify(notification('3')), { code: 'notification_refused' });
    await receiver.close();
  });
});
