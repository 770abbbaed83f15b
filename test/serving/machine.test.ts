import assert from 'node:assert/strict';
import { availableParallelism, totalmem } from 'node:os';
import { it } from 'node:test';
import { roomOf } from '../../src/serving-node/machine.js';

it('a node has for its model servers what the operator says', () =>
  assert.deepEqual(roomOf({ processes: 3, nodeMemoryMiB: 512 }), { processes: 3, memoryMiB: 512 }));

it('or what its processors and memory allow, which is less than there is', () => {
  const { processes, memoryMiB } = roomOf({});
  assert.equal(processes, Math.max(4, 2 * availableParallelism()));
  assert.ok(Number.isInteger(memoryMiB) && memoryMiB > 0 && memoryMiB * 1024 * 1024 <= 0.75 * totalmem());
});
