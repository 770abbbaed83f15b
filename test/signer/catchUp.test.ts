import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import { catchUp } from '../../src/signer/catchUp.js';

/** Runs `owed`, which fails that many times, without waiting. */
const run = async (failures: number, error: Error) => {
  const failed: (number | undefined)[] = [];
  const waited: number[] = [];
  let tries = 0;
  await catchUp(
    async () => {
      tries += 1;
      if (tries <= failures) throw error;
    },
    (_, waitMs) => failed.push(waitMs),
    async (ms) => waited.push(ms),
  );
  return { tries, failed, waited };
};

describe('what a signer owes to the store at its start', () => {
  it('is tried again, less and less often, until the store takes it', async () => {
    const { tries, failed, waited } = await run(9, new SlipwayError('store_unreachable', 'HTTP 503'));
    assert.equal(tries, 10);
    assert.deepEqual(waited, [250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    assert.deepEqual(failed, waited);
  });

  it('is not tried again on a ledger that was tampered with', async () => {
    const { tries, failed, waited } = await run(9, new SlipwayError('ledger_tampered', 'a link is missing'));
    assert.deepEqual([tries, failed, waited], [1, [undefined], []]);
  });
});
