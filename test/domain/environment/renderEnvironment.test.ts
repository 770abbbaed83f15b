import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newEnvironment } from '../../../src/domain/environment/newEnvironment.js';
import { renderEnvironment } from '../../../src/domain/environment/renderEnvironment.js';

const state = newEnvironment('m', 'production');
const waiting = (order: number) => ({ releaseId: `release/m/${order}`, order, line: 'waits' as const });

test('says who is in line, the next one first, and of a long line how many more', () => {
  const announced = [waiting(2), waiting(1), { releaseId: 'release/m/0', order: 0, line: 'turn' as const }];
  assert.match(renderEnvironment({ ...state, announced }), /\n- in line: `release\/m\/1`, `release\/m\/2`(\n|$)/);
  const long = Array.from({ length: 12 }, (_, order) => waiting(order));
  assert.match(renderEnvironment({ ...state, announced: long }), /`release\/m\/9` and 2 more(\n|$)/);
  assert.doesNotMatch(renderEnvironment(state), /in line/);
});

test('shows what others call themselves as text that does nothing', () => {
  const announced = [{ ...waiting(1), releaseId: 'release/`<b>\n# m' }];
  assert.match(renderEnvironment({ ...state, announced }), /- in line: `release\/bm`(\n|$)/);
});
