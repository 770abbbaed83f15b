import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { retentionIn } from '../../src/config/ofHome.js';

describe('the lock of a ledger that is restored', () => {
  const home = mkdtempSync(join(tmpdir(), 'slipway-home-'));
  after(() => rmSync(home, { recursive: true }));
  const file = (days: number): string =>
    `version: 1\ninstallation: test\nstore: { ledgerRetention: { mode: compliance, days: ${days} } }\n`;

  it('is what the restored operator’s file says, else that of the home, else what holds without one', () => {
    assert.deepEqual(retentionIn(home, undefined), { mode: 'governance', days: 365 });
    writeFileSync(join(home, 'slipway.config.yaml'), file(7));
    assert.deepEqual(retentionIn(home, undefined), { mode: 'compliance', days: 7 });
    assert.deepEqual(retentionIn(home, file(3)), { mode: 'compliance', days: 3 });
  });
});
