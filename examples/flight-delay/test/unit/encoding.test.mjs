import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encode, lateShares } from '../../lib/encoding.mjs';

const rows = [
  ...Array.from({ length: 100 }, (_, index) => ({ origin: 'ATL', destination: 'ORD', late: index < 50 ? 1 : 0 })),
  { origin: 'XYZ', destination: 'ORD', late: 1 },
];

describe('late shares', () => {
  it('draw airports with few flights towards the overall share', () => {
    const { values, fallback } = lateShares(rows, 'origin');
    assert.ok(Math.abs(values.get('ATL') - 0.5) < 0.01);
    assert.ok(values.get('XYZ') < 0.55, 'one late flight says little');
    assert.ok(Math.abs(fallback - 51 / 101) < 1e-6);
  });

  it('give an airport that was never seen the overall share', () => {
    const encoders = { origin: lateShares(rows, 'origin'), destination: lateShares(rows, 'destination') };
    const [origin] = encode({ origin: 'NEW', destination: 'ORD', hour: 1, weekday: 2, distance: 3 }, encoders);
    assert.equal(origin, encoders.origin.fallback);
  });
});
