import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { admission, afterLoss, CLOSED, isGivenUp, probed, type Breaker } from '../../../src/domain/routing/breaker.js';
import { earn, FULL_BUDGET, spend, type RetryBudget } from '../../../src/domain/routing/retryBudget.js';

const lose = (times: number, breaker: Breaker = CLOSED, now = 0): Breaker =>
  Array.from({ length: times }).reduce<Breaker>((before) => afterLoss(before, false, now), breaker);

describe('breaker', () => {
  it('opens at the fifth request in a row that was lost, and not sooner', () => {
    assert.equal(admission(lose(4), 0), 'all');
    assert.equal(admission(lose(5), 0), 'none');
  });

  it('lets one request through after its pause, and the others when that was answered', () => {
    const open = lose(5);
    assert.equal(admission(open, 999), 'none');
    assert.equal(admission(open, 1_000), 'probe');
    assert.equal(admission(probed(open), 5_000), 'none', 'one, and no second');
  });

  it('pauses twice as long after each probe that was lost, half a minute at most', () => {
    const pauses: number[] = [];
    let breaker = lose(5);
    let now = 0;
    for (let turn = 0; turn < 7; turn += 1) {
      pauses.push(breaker.openUntil! - now);
      now = breaker.openUntil!;
      breaker = afterLoss(probed(breaker), true, now);
    }
    assert.deepEqual(pauses, [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  });

  it('is not moved by what was under way when it opened', () => {
    const open = lose(5);
    assert.deepEqual(lose(20, open, 500), open);
    assert.deepEqual(lose(20, probed(open), 1_500), probed(open));
  });

  it('gives a server up that opened three times in a row', () => {
    let breaker = lose(5);
    const given = [isGivenUp(breaker)];
    for (let turn = 0; turn < 2; turn += 1) {
      breaker = afterLoss(probed(breaker), true, breaker.openUntil!);
      given.push(isGivenUp(breaker));
    }
    assert.deepEqual(given, [false, false, true]);
  });

  it('admits again at some time, whatever happened', () => {
    const event = fc.record({ probe: fc.boolean(), later: fc.integer({ min: 0, max: 100_000 }) });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 50 }), (events) => {
        let breaker = CLOSED;
        let now = 0;
        for (const { probe, later } of events) {
          now += later;
          const may = admission(breaker, now);
          if (probe && may === 'probe') breaker = afterLoss(probed(breaker), true, now);
          else breaker = afterLoss(breaker, false, now);
        }
        assert.notEqual(admission(breaker, now + 30_000), 'none');
      }),
    );
  });
});

describe('retry budget', () => {
  const spendAll = (budget: RetryBudget): number => {
    let left: RetryBudget | undefined = budget;
    for (let spent = 0; ; spent += 1) if ((left = spend(left)) === undefined) return spent;
  };

  it('has room for all requests that a server can take with it', () => assert.equal(spendAll(FULL_BUDGET), 512));

  it('then allows one more for five requests', () => {
    let budget = { tokens: 0 };
    for (let request = 0; request < 1_000; request += 1) budget = earn(budget);
    assert.ok([199, 200].includes(spendAll(budget)));
  });

  it('never keeps more than a burst', () => {
    let budget = FULL_BUDGET;
    for (let request = 0; request < 10_000; request += 1) budget = earn(budget);
    assert.equal(spendAll(budget), 512);
  });
});
