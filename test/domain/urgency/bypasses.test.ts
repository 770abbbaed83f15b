import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OverrideNotice } from '../../../src/domain/hold/types.js';
import type { ReleaseView } from '../../../src/domain/release/types.js';
import { countBypasses, sayBypasses } from '../../../src/domain/urgency/bypasses.js';

const overridden: OverrideNotice = {
  freeze: 'year-end',
  environment: 'production',
  by: 'operator',
  reason: 'prices are wrong',
  at: 0,
};
const releaseBy = (
  kind: ReleaseView['trigger']['kind'],
  ...overrides: OverrideNotice[]
): Pick<ReleaseView, 'trigger' | 'overrides'> => ({
  trigger: { kind, by: 'oncall', at: 0, reason: 'urgent' },
  ...(overrides.length === 0 ? {} : { overrides }),
});

test('every hotfix and every override counts, and each has its line', () => {
  const hotfix = releaseBy('hotfix', overridden);
  const releases = [releaseBy('commit'), hotfix, releaseBy('manual', overridden, { ...overridden, freeze: 'x' })];
  assert.deepEqual(countBypasses(releases), { hotfixes: 1, freezeOverrides: 3, breakGlass: 0 });
  assert.deepEqual(sayBypasses(releaseBy('commit')), []);
  assert.deepEqual(sayBypasses(hotfix), [
    'hotfix by oncall: urgent',
    'freeze year-end of production was overridden by operator, 1970-01-01 00:00 UTC: prices are wrong',
  ]);
});
