import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeProspect } from '../../../src/domain/approval/prospect.js';
import { prospectSection } from '../../../src/domain/report/prospectSection.js';
import type { EnvironmentSpec } from '../../../src/domain/spec/types.js';

const production: EnvironmentSpec = {
  name: 'production',
  approval: { kind: 'none' },
  rollout: { strategy: 'immediate' },
  verify: { smokeRows: 10 },
  gates: ['quality'],
  soakMs: 7_200_000,
};
const champion = { artifactDigest: `sha256:${'c'.repeat(64)}`, commit: 'd'.repeat(40) } as const;

test('whoever decides reads what comes then, and to which version one command leads back', () => {
  const { next } = describeProspect('m', production, champion, []);
  assert.deepEqual(next.slice(1, 3), ['Then 10 real rows are sent to it.', 'Then the gates quality must pass.']);
  assert.match(next[3] ?? '', /^Then it must be sound for 2\.0 h/);
  assert.equal(
    next[4],
    'The way back is one command, `slipway rollback m production`, to cccccccccccc of commit dddddddddddd.',
  );
  assert.match(describeProspect('m', production, undefined, []).next.at(-1) ?? '', /^Nothing runs in production yet/);
});

test('differences are shown up to a hundred, the rest counted, and nothing of them is markup', () => {
  const differences = Array.from({ length: 103 }, (_, at) => ({
    part: 'params' as const,
    name: `<b>${at}`,
    from: 1,
    to: 2,
  }));
  const prospect = describeProspect('m', production, champion, differences);
  assert.deepEqual([prospect.differences.length, prospect.more], [100, 3]);
  const html = prospectSection(prospect);
  assert.match(html, /and 3 more differences.*&lt;b&gt;0/s);
  assert.ok(!html.includes('<b>'));
});
