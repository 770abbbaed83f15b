import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseByBeginning } from '../../src/cli/releaseNames.js';
import { shortRelease } from '../../src/cli/output.js';

const commit = '645ceb7e830e'.padEnd(40, '0');
const NAMES = [`flight-delay/${commit}`, `flight-delay/${commit}.cb9832a38399`, `flight-delay/${'7'.repeat(40)}`];

test('every name that commands print is one that commands take', () => {
  assert.equal(chooseByBeginning(NAMES, shortRelease(`release/${NAMES[1]}`)), NAMES[1]);
  assert.equal(chooseByBeginning(NAMES, shortRelease(`release/${NAMES[2]}`)), NAMES[2]);
});

test('a rerun is named by its beginning, too; a whole commit is the release without one', () => {
  assert.equal(chooseByBeginning(NAMES, '645ceb7e830e.cb'), NAMES[1]);
  assert.equal(chooseByBeginning(NAMES, commit), NAMES[0]);
  assert.throws(() => chooseByBeginning(NAMES, '645c'), { code: 'usage' });
  assert.throws(() => chooseByBeginning(NAMES, '645c.ff'), { code: 'not_found' });
});
