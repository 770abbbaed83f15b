import assert from 'node:assert/strict';
import { test } from 'node:test';
import { looked, mayLook, NO_LOOKS, type Looks } from '../../../src/domain/approval/looks.js';

const MINUTE = 60_000;
const due = (looks: Looks): Looks => ({ ...looks, due: true });

test('looks only where somebody said so, and once for it', () => {
  assert.equal(mayLook(NO_LOOKS, 0), false);
  assert.equal(mayLook(due(NO_LOOKS), 0), true);
  assert.equal(mayLook(looked(due(NO_LOOKS), 0), 0), false);
});

test('looks twelve times an hour, however often it is told to, and goes on when the hour is over', () => {
  let looks = due(NO_LOOKS);
  let count = 0;
  for (let now = 0; now < 60 * MINUTE; now += MINUTE) {
    if (!mayLook(looks, now)) continue;
    count += 1;
    looks = due(looked(looks, now));
  }
  assert.equal(count, 12);
  assert.equal(looks.at.length, 12);
  assert.equal(mayLook(looks, 60 * MINUTE), true);
});
