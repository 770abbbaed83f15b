import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { predict, train } from '../../lib/trees.mjs';

// Late exactly when the first number is above a half and the second is not.
const rows = Array.from({ length: 2000 }, (_, index) => [
  Math.fround((index % 50) / 50),
  Math.fround(((index * 7) % 40) / 40),
]);
const labels = rows.map(([first, second]) => (first > 0.5 && second <= 0.5 ? 1 : 0));
const options = { trees: 30, depth: 3, learningRate: 0.3 };

describe('trees', () => {
  it('order a toy problem', () => {
    const model = train(rows, labels, options);
    const scored = rows.map((row, index) => ({ score: predict(model, row), label: labels[index] }));
    const lowestLate = Math.min(...scored.filter(({ label }) => label === 1).map(({ score }) => score));
    const highestInTime = Math.max(...scored.filter(({ label }) => label === 0).map(({ score }) => score));
    assert.ok(lowestLate > highestInTime);
  });

  it('answer with probabilities', () => {
    const model = train(rows, labels, options);
    assert.ok(rows.every((row) => predict(model, row) > 0 && predict(model, row) < 1));
  });

  it('are the same every time', () => {
    assert.deepEqual(train(rows, labels, options), train(rows, labels, options));
  });
});
