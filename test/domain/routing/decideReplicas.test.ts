import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  decideReplicas,
  type PastLoad,
  type ReplicaDecision,
  type ReplicaLoad,
  type ReplicaQuestion,
} from '../../../src/domain/routing/decideReplicas.js';
import type { ServingSpec } from '../../../src/domain/spec/types.js';

const SERVING: ServingSpec = {
  replicas: { min: 0, max: 4, inFlight: 20, coolDownMs: 60_000 },
  idleMs: 300_000,
  coldStartMs: 10_000,
};

const ask = (load: Partial<ReplicaLoad>, question: Partial<ReplicaQuestion> = {}): ReplicaDecision =>
  decideReplicas({
    ...{ serving: SERVING, most: 32, replicas: 1, starting: false, held: false, past: [], now: 0 },
    load: { inFlight: 0, refused: 0, quietMs: 0, ...load },
    ...question,
  });

const said = ({ kind, replicas, reason }: ReplicaDecision) => [kind, replicas, reason];

/** Looks once a second at loads that follow each other. */
const over = (loads: readonly Partial<ReplicaLoad>[], question: Partial<ReplicaQuestion> = {}): readonly number[] => {
  let past: PastLoad = [];
  let replicas = question.replicas ?? 1;
  return loads.map((load, second) => {
    const decision = ask(load, { ...question, past, replicas, now: second * 1_000 });
    past = decision.past;
    return (replicas = decision.replicas);
  });
};

const times = <T>(count: number, one: T): T[] => Array.from({ length: count }, () => one);

describe('decideReplicas', () => {
  it('gives each replica its share of the requests under way, at once', () => {
    assert.deepEqual(said(ask({ inFlight: 20 })), ['keep', 1, 'its load fits']);
    assert.equal(ask({ inFlight: 20 }).wants, 1, 'room is a reason to keep one, and none to want one more');
    assert.deepEqual(said(ask({ inFlight: 21 })), ['more', 2, '21 requests were under way, and 20 are for one']);
    assert.equal(ask({ inFlight: 75 }).replicas, 4);
    assert.equal(ask({ inFlight: 500 }).replicas, 4);
    assert.equal(ask({ inFlight: 500 }, { most: 2 }).replicas, 2, 'no more than the machine lets it have');
  });

  it('adds one where requests were refused, and not another while that starts', () => {
    assert.deepEqual(said(ask({ refused: 3 })), ['more', 2, '3 requests were refused']);
    assert.equal(ask({ refused: 3 }, { replicas: 2, starting: true }).replicas, 2);
    assert.equal(ask({ refused: 3 }, { replicas: 4 }).replicas, 4);
  });

  it('remembers for its cool-down what it wanted and was not given', () => {
    const { past } = ask({ inFlight: 50 });
    const denied = ask({ inFlight: 5 }, { past, now: 30_000 });
    assert.deepEqual([...said(denied), denied.wants], ['keep', 1, '3 were needed within 1 min', 3]);
    assert.equal(ask({ inFlight: 5 }, { past: denied.past, now: 61_000 }).wants, 1);
  });

  it('takes one away when fewer would have been enough for the whole cool-down, with room', () => {
    const counts = over([{ inFlight: 30 }, ...times(70, { inFlight: 10 })]);
    assert.deepEqual([counts[0], counts[59], counts[60]], [2, 2, 1]);
    const close = over([{ inFlight: 30 }, ...times(200, { inFlight: 15 })]);
    assert.equal(close.at(-1), 2, '15 fit into one, and leave it no room');
  });

  it('counts the cool-down from the last time that more were needed', () => {
    const counts = over([
      { inFlight: 30 },
      ...times(40, { inFlight: 5 }),
      { inFlight: 30 },
      ...times(70, { inFlight: 5 }),
    ]);
    assert.equal(counts.indexOf(1), 101);
  });

  it('sleeps when nobody asked for as long as its spec says, and never while it is judged', () => {
    assert.deepEqual(said(ask({ quietMs: 300_000 })), ['sleep', 0, 'no request for 5 min']);
    assert.equal(ask({ quietMs: 299_999 }).kind, 'keep');
    assert.equal(ask({ quietMs: 300_000, inFlight: 1 }).kind, 'keep', 'one is still under way');
    assert.equal(ask({ quietMs: 300_000 }, { held: true }).kind, 'keep');
    const awake = { ...SERVING, replicas: { ...SERVING.replicas, min: 1 } };
    assert.equal(ask({ quietMs: 300_000 }, { serving: awake }).kind, 'keep');
    assert.deepEqual(said(ask({}, { replicas: 0 })), ['keep', 0, 'nobody asks for it']);
    assert.deepEqual(said(ask({ inFlight: 1 }, { replicas: 0 })), ['more', 1, 'a request came']);
  });

  it('comes to the least and the most that were declared', () => {
    const two = { ...SERVING, replicas: { ...SERVING.replicas, min: 2 } };
    assert.deepEqual(said(ask({}, { serving: two })), ['more', 2, '2 is the least']);
    assert.deepEqual(said(ask({}, { replicas: 3, most: 2 })), ['fewer', 2, '2 is the most']);
  });
});

const servings: fc.Arbitrary<ServingSpec> = fc
  .record({
    min: fc.integer({ min: 0, max: 6 }),
    more: fc.integer({ min: 0, max: 8 }),
    inFlight: fc.integer({ min: 1, max: 50 }),
    coolDownMs: fc.integer({ min: 1_000, max: 30_000 }),
    idleMs: fc.integer({ min: 1_000, max: 30_000 }),
  })
  .map(({ min, more, inFlight, coolDownMs, idleMs }) => ({
    replicas: { min, max: Math.max(1, min + more), inFlight, coolDownMs },
    idleMs,
    coldStartMs: 1_000,
  }));

const loads: fc.Arbitrary<ReplicaLoad> = fc.record({
  inFlight: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 600, noNaN: true })),
  refused: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 100 })),
  quietMs: fc.integer({ min: 0, max: 60_000 }),
});

const pasts: fc.Arbitrary<PastLoad> = fc
  .array(fc.record({ at: fc.integer({ min: 0, max: 60_000 }), needed: fc.integer({ min: 1, max: 14 }) }), {
    maxLength: 5,
  })
  .map((past) =>
    past
      .sort((a, b) => a.at - b.at)
      .filter((one, at) => past.slice(at + 1).every((later) => later.needed < one.needed)),
  );

const questions = fc.record({
  serving: servings,
  most: fc.integer({ min: 1, max: 16 }),
  replicas: fc.integer({ min: 0, max: 14 }),
  starting: fc.boolean(),
  held: fc.boolean(),
  load: loads,
  past: pasts,
  now: fc.integer({ min: 0, max: 90_000 }),
});

describe('decideReplicas, whatever comes', () => {
  it('is never beyond min, max and what the machine has', () => {
    fc.assert(
      fc.property(questions, (question) => {
        const { kind, replicas, past } = decideReplicas(question);
        const { min, max } = question.serving.replicas;
        const most = Math.max(1, Math.min(max, question.most));
        assert.ok(replicas <= most);
        if (question.replicas > 0 && kind !== 'sleep') assert.ok(replicas >= Math.min(most, Math.max(1, min)));
        if (kind === 'sleep')
          assert.ok(min === 0 && !question.held && question.load.quietMs >= question.serving.idleMs!);
        assert.equal(kind === 'keep', replicas === question.replicas);
        assert.ok(past.length <= 33, 'what it remembers stays small');
      }),
      { numRuns: 2_000 },
    );
  });

  it('is monotone: greater load never gives fewer', () => {
    fc.assert(
      fc.property(questions, loads, (question, other) => {
        const { load } = question;
        const greater: ReplicaLoad = {
          inFlight: Math.max(load.inFlight, other.inFlight),
          refused: Math.max(load.refused, other.refused),
          quietMs: Math.min(load.quietMs, other.quietMs),
        };
        assert.ok(decideReplicas({ ...question, load: greater }).replicas >= decideReplicas(question).replicas);
      }),
      { numRuns: 5_000 },
    );
  });

  it('settles under a steady load: one way, and then nothing moves', () => {
    fc.assert(
      fc.property(questions, fc.double({ min: 0.1, max: 600, noNaN: true }), (question, inFlight) => {
        let { replicas, past } = { ...question, replicas: Math.max(1, question.replicas), past: [] as PastLoad };
        const seen: number[] = [];
        for (let second = 0; second < 120; second += 1) {
          const load = { inFlight, refused: 0, quietMs: 0 };
          ({ replicas, past } = decideReplicas({ ...question, replicas, past, load, now: second * 1_000 }));
          seen.push(replicas);
        }
        const moves = seen.slice(1).map((count, at) => Math.sign(count - seen[at]!));
        assert.ok(!(moves.includes(1) && moves.includes(-1)), seen.join());
        assert.ok(!moves.slice(60).some((move) => move !== 0), seen.join());
        assert.ok(
          replicas * question.serving.replicas.inFlight >= inFlight ||
            replicas === Math.min(question.serving.replicas.max, question.most),
        );
      }),
      { numRuns: 1_000 },
    );
  });
});
