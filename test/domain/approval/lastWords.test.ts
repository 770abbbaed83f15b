import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { placesHandedOver } from '../../../src/domain/approval/handedOver.js';
import { lastWords } from '../../../src/domain/approval/lastWords.js';
import { standingDecisions, tallyDecisions } from '../../../src/domain/approval/tallyDecisions.js';
import type { DecisionRecord } from '../../../src/domain/release/types.js';

const PEOPLE = ['a', 'b', 'c', 'd'] as const;
const DECISIONS = ['approve', 'reject', 'withdraw', 'request-changes', 'delegate'] as const;

interface Act {
  readonly by: (typeof PEOPLE)[number];
  readonly other: (typeof PEOPLE)[number];
  readonly decision: (typeof DECISIONS)[number];
  /** In the place of the other one. */
  readonly inPlace: boolean;
  /** With another identity of the same person. */
  readonly asSecond: boolean;
  /** Takes the authority of whose word stands at this position instead. */
  readonly lapse: number | undefined;
}

const acts = fc.array(
  fc.record<Act>({
    by: fc.constantFrom(...PEOPLE),
    other: fc.constantFrom(...PEOPLE),
    decision: fc.constantFrom(...DECISIONS),
    inPlace: fc.boolean(),
    asSecond: fc.boolean(),
    lapse: fc.option(fc.nat(3), { nil: undefined, freq: 6 }),
  }),
  { maxLength: 60 },
);

const recordOf = ({ by, other, decision, inPlace, asSecond }: Act, at: number): DecisionRecord => {
  const subject = asSecond ? `${by}2` : by;
  return {
    ...{ at, jti: `j${at}`, subject, decision, reason: 'because', counted: true },
    ...(decision === 'delegate' ? { to: other } : {}),
    ...(inPlace && other !== by ? { person: other, inPlaceOf: other, signedBy: by } : asSecond ? { person: by } : {}),
  };
};

/** What became of the acts, with what is kept made short after each of them, or not. */
const told = (of: readonly Act[], keep: typeof lastWords): readonly DecisionRecord[] =>
  of.reduce<readonly DecisionRecord[]>((known, act, at) => {
    const lost = act.lapse === undefined ? undefined : standingDecisions(known)[act.lapse];
    if (lost === undefined) return keep([...known, recordOf(act, at)]);
    const lapsed = { at, code: 'authority_lapsed', reason: 'left' };
    return keep(known.map((one) => (one.jti === lost.jti ? { ...one, lapsed } : one)));
  }, []);

const meaning = (known: readonly DecisionRecord[]) => ({
  standing: standingDecisions(known).map(({ jti }) => jti),
  places: placesHandedOver(known),
  tally: tallyDecisions({ quorum: 2 }, known),
});

test('whatever people say and take back, what is kept means the same as all of it', () => {
  fc.assert(
    fc.property(acts, (said) => {
      assert.deepEqual(meaning(told(said, lastWords)), meaning(told(said, (all) => all)));
    }),
    { numRuns: 3_000 },
  );
});

test('as many are kept as there are people, however often they change their minds', () => {
  fc.assert(
    fc.property(acts, (said) => {
      assert.ok(told(said, lastWords).length <= PEOPLE.length * PEOPLE.length);
    }),
    { numRuns: 1_000 },
  );
  const mind = (at: number): Act => ({
    ...{ by: PEOPLE[at % 3] ?? 'a', other: 'd', decision: at % 2 === 0 ? 'approve' : 'withdraw' },
    ...{ inPlace: false, asSecond: at % 5 === 0, lapse: undefined },
  });
  const kept = told(
    Array.from({ length: 5_000 }, (_, at) => mind(at)),
    lastWords,
  );
  assert.deepEqual(
    kept.map(({ at }) => at),
    [4_997, 4_998, 4_999],
  );
});

test('a place that was handed on stays so whatever is said in it, and comes back with a word of their own, also one that lapsed', () => {
  const handed = {
    by: 'a',
    other: 'b',
    decision: 'delegate',
    inPlace: false,
    asSecond: false,
    lapse: undefined,
  } as const;
  const spoken = { ...handed, by: 'b', other: 'a', decision: 'approve', inPlace: true } as const;
  const ownOfStandIn = { ...spoken, inPlace: false } as const;
  const kept = told([handed, spoken, ownOfStandIn], lastWords);
  assert.deepEqual(placesHandedOver(kept), [{ of: 'a', to: ['b'] }]);
  assert.deepEqual(
    standingDecisions(kept).map(({ jti }) => jti),
    ['j2'],
    'what took the delegation back is remembered, or that would stand again',
  );
  const back = { ...handed, decision: 'approve', lapse: undefined } as const;
  const lapsed = { ...handed, lapse: 0 } as const;
  assert.deepEqual(placesHandedOver(told([handed, spoken, back, lapsed], lastWords)), []);
});
