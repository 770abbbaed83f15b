import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { renderStageTable } from '../../../src/domain/release/stageTable.js';
import type { ReleaseView } from '../../../src/domain/release/types.js';

const view: ReleaseView = {
  releaseId: 'release/flight-delay/0123456789abcdef',
  model: 'flight-delay',
  repository: 'flights',
  commit: '0123456789abcdef',
  order: 3,
  trigger: { kind: 'commit', by: 'source/flight-delay', at: 0 },
  params: {},
  startedAt: 0,
  stages: [
    { name: 'integrate', status: 'passed', startedAt: 0, endedAt: 1_500, verdict: 'pass', reason: '3 checks passed' },
    {
      name: 'gate',
      environment: 'staging',
      status: 'failed',
      startedAt: 0,
      endedAt: 180_000,
      verdict: 'fail',
      reason: 'brier 0.3 > 0.2',
    },
    { name: 'deploy', environment: 'production', status: 'pending' },
  ],
  decisions: [],
};

test('shows one row per stage', () => {
  assert.equal(
    renderStageTable({ ...view, outcome: 'blocked', reason: 'gate quality' }),
    [
      '**flight-delay** commit `0123456789ab`, **blocked**: gate quality',
      '',
      '| | Stage | Status | Took | Reason |',
      '|---|---|---|---|---|',
      '| ✓ | integrate\u00a0 | passed\u00a0 | 1.5\u00a0s\u00a0 | 3 checks passed |',
      '| ✗ | gate\u00a0in\u00a0staging\u00a0 | failed (fail)\u00a0 | 3\u00a0min\u00a0 | brier 0.3 › 0.2 |',
      '| · | deploy\u00a0in\u00a0production\u00a0 | pending\u00a0 | \u00a0 |  |',
    ].join('\n'),
  );
});

test('says what is awaited', () => {
  const subject = {
    workflowId: 'w',
    model: 'm',
    env: 'production',
    gate: 'g',
    epoch: 1,
    artifactDigest: 'sha256:a',
    evidenceDigest: 'sha256:a',
    policyDigest: 'sha256:a',
    planDigest: 'sha256:a',
    inputsDigest: 'sha256:a',
  } as const;
  const waiting = {
    environment: 'production',
    subject,
    roles: ['reviewer'],
    quorum: 1,
    since: 0,
    remindAt: 86_400_000,
    expireAt: 777_600_000,
    reminders: 0,
  };
  assert.match(
    renderStageTable({ ...view, waiting }),
    /Waits for an approval by reviewer to enter production since 1970-01-01 00:00 UTC \(0 so far, 0 reminders\)\.\n\n- next: reminder, 1970-01-02 00:00 UTC\n- then: expires 1970-01-10 00:00 UTC\n\nTo decide: `slipway approve flight-delay`/,
  );
  const before = { at: 0, jti: 'j', subject: 'oncall', decision: 'approve', reason: '', counted: true } as const;
  assert.match(
    renderStageTable({ ...view, decisions: [before], waiting: { ...waiting, stands: '0 of 1 approvals' } }),
    /\(so far 0 of 1 approvals, 0 reminders\)/,
    'who approved at an earlier gate has not approved at this one',
  );
  const ladder = [
    { kind: 'delegate', at: 3_600_000, of: 'reviewer-1', to: ['deputy'], taken: true },
    { kind: 'escalate', at: 7_200_000, to: ['lead'], taken: false },
  ] as const;
  assert.match(
    renderStageTable({ ...view, waiting: { ...waiting, ladder } }),
    /\n- may decide now: deputy in place of reviewer-1\n- done: deputy may decide in place of reviewer-1, 1970-01-01 01:00 UTC\n- next: escalation to lead, 1970-01-01 02:00 UTC\n- then: expires/,
  );
  const unreachable = [{ to: 'reviewer', reason: 'no channel is configured for reviewer' }];
  assert.match(
    renderStageTable({ ...view, waiting: { ...waiting, unreachable } }),
    /\n\nreviewer could not be told: no channel is configured for reviewer\n/,
  );
});

test('stays one harmless table whatever the outside says', () => {
  const nasty = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      '<script>alert(1)</script>',
      '![x](http://evil)',
      'a | b\n| c |',
      '[x](javascript:alert(1))',
      '`code`',
      '\u2028# h',
      'https://evil.example',
    ),
  );
  fc.assert(
    fc.property(nasty, nasty, (reason, environment) => {
      const text = renderStageTable({
        ...view,
        reason,
        outcome: 'failed',
        stages: [{ name: 'deploy', environment, status: 'failed', reason }],
      });
      const lines = text.split('\n');
      assert.equal(lines.length, 5);
      assert.ok(!/[<>]/.test(text));
      assert.ok(!/https?:\/\//i.test(text));
      assert.equal((lines[4] ?? '').replace(/\\\\/g, '').replace(/\\\|/g, '').split('|').length, 7);
      assert.ok(!/(^|[^\\])(\\\\)*[`![\]]/.test(lines[4] ?? ''));
    }),
    { numRuns: 300 },
  );
});
