import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { featuresOf, labelOf } from '../../lib/features.mjs';

const flight = {
  date: Date.parse('2001-03-05T17:30:00Z'),
  delay: 15,
  distance: 491,
  origin: 'MEM',
  destination: 'ORD',
};

describe('features', () => {
  it('are what is known before departure', () => {
    assert.deepEqual(featuresOf(flight), { origin: 'MEM', destination: 'ORD', hour: 17.5, weekday: 1, distance: 491 });
  });

  it('do not know the delay', () => {
    assert.deepEqual(featuresOf(flight), featuresOf({ ...flight, delay: 300 }));
  });
});

describe('label', () => {
  it('is late from 15 minutes on', () => {
    assert.equal(labelOf(flight), 1);
    assert.equal(labelOf({ ...flight, delay: 14 }), 0);
    assert.equal(labelOf({ ...flight, delay: -3 }), 0);
  });
});
