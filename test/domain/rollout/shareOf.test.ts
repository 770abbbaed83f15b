import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Digest } from '../../../src/domain/artifact/types.js';
import type { StepRule } from '../../../src/domain/rollout/phases.js';
import {
  ANALYSED,
  PROMOTED,
  releaseOf,
  SHIFTED,
  shareOf,
  type ShareQuestion,
} from '../../../src/domain/rollout/shareOf.js';
import type { RolloutSpec } from '../../../src/domain/spec/types.js';

const digest = (letter: string): Digest => `sha256:${letter.repeat(64)}`;
const analysis = {
  maxErrorRateIncrease: 0.01,
  maxLatencyRatio: 2,
  maxPredictionDistance: 0.1,
  maxFeatureDistance: 0.2,
};
const step = (weight: number) => ({ weight, holdMs: 0, minRequests: 50, deadlineMs: 2 });
const rollout: RolloutSpec = { strategy: 'canary', steps: [step(10), step(50)], analysis };
const digestOf = ({ step: { weight, minRequests } }: StepRule): Digest => digest(`${weight}/${minRequests}`);

const look = (index: number, change: object = {}) => {
  const weight = [10, 50][index] ?? 0;
  const rule = digestOf({ step: step(weight), analysis });
  const body = { step: index, verdict: 'pass', candidate: digest('c'), champion: digest('a'), rule, carried: weight };
  return { kind: ANALYSED, at: 0, body: { ...body, ...change } };
};
const share = (weight: number, entries: ShareQuestion['entries'], change: Partial<ShareQuestion> = {}) =>
  shareOf({ candidate: digest('c'), champion: digest('a'), weight, rollout, entries, digestOf, ...change });
/** Every step is held long enough here. */
const fault = (...asked: Parameters<typeof share>): string | undefined => {
  const given = share(...asked);
  assert.notEqual(given.kind, 'held');
  return given.kind === 'free' ? undefined : given.reason;
};

test('each share of the plan is free once every step before it passed', () => {
  assert.equal(fault(0, []), undefined);
  assert.equal(fault(10, []), undefined);
  assert.match(fault(11, []) ?? '', /11 % only behind a step of 10 %, and no look/);
  assert.equal(fault(50, [look(0)]), undefined);
  assert.match(fault(100, [look(0)]) ?? '', /behind a step of 50 %, and no look/);
  assert.match(fault(100, [look(1)]) ?? '', /behind a step of 10 %, and no look/);
  assert.equal(fault(100, [look(0), look(1)]), undefined);
});

test('a look counts by what it found last, of this version, by the rule of the spec, with the traffic of the step', () => {
  assert.match(fault(50, [look(0), look(0, { verdict: 'insufficient_data' })]) ?? '', /was insufficient_data/);
  assert.equal(fault(50, [look(0, { verdict: 'insufficient_data' }), look(0)]), undefined);
  assert.match(fault(50, [look(0, { candidate: digest('d') })]) ?? '', /another version/);
  assert.match(fault(50, [look(0, { champion: undefined })]) ?? '', /not compared/);
  assert.match(fault(50, [look(0, { rule: digest('lax') })]) ?? '', /another rule/);
  assert.match(fault(50, [look(0, { carried: 9 })]) ?? '', /had 9 %/);
  assert.match(fault(50, [look(0, { carried: undefined })]) ?? '', /had undefined %/);
  assert.match(fault(50, [{ ...look(0), kind: 'rollout.shifted' }]) ?? '', /no look/);
});

test('a step that failed once stays failed in this rollout, however often it is looked at again', () => {
  const failed = look(0, { verdict: 'fail' });
  for (const entries of [[failed], [look(0), failed], [failed, look(0)], [look(0), failed, look(0), look(0)]])
    assert.match(fault(50, entries) ?? '', /behind a step of 10 %, and a look at that was fail/);
  assert.match(
    fault(100, [look(0), look(1, { verdict: 'fail' }), look(1)]) ?? '',
    /a step of 50 %, and a look at that/,
  );
  assert.equal(fault(50, [look(0), look(1, { verdict: 'fail' })]), undefined, 'a step behind it says nothing yet');
});

test('as many looks at a step may fail as its limit says, and the last one must pass', () => {
  const failed = look(0, { verdict: 'fail' });
  const lax: RolloutSpec = {
    strategy: 'canary',
    steps: [step(10), step(50)],
    analysis: { ...analysis, failureLimit: 1 },
  };
  const asked = (...entries: ShareQuestion['entries']) => fault(50, entries, { rollout: lax });
  assert.equal(asked(failed, look(0)), undefined);
  assert.match(asked(failed, failed, look(0)) ?? '', /2 looks at that were fail/);
  assert.match(asked(failed) ?? '', /the last look at that was fail/);
});

test('a look counts in a plan of as many steps: false aborts are shared among them', () => {
  assert.equal(fault(50, [look(0, { steps: 2 })]), undefined);
  assert.match(fault(50, [look(0, { steps: 200 })]) ?? '', /part of another plan/);
});

test('looks from before their rule was written down count by what they found', () => {
  assert.equal(fault(50, [look(0, { rule: undefined, carried: undefined })]), undefined);
});

test('who asks for no canary gets everything at once, and a weight that is no number gets nothing more', () => {
  assert.equal(fault(100, [], { rollout: { strategy: 'immediate' } }), undefined);
  assert.equal(fault(100, [], { rollout: undefined }), undefined);
});

test('a step is held for its time, from the first shift to its weight until the look that moves on', () => {
  const HOLD = 60_000;
  const held: RolloutSpec = {
    ...{ strategy: 'canary', analysis },
    steps: [10, 50].map((weight) => ({ ...step(weight), holdMs: HOLD })),
  };
  const at = (when: number, entry: ShareQuestion['entries'][number]) => ({ ...entry, at: when });
  const shifted = (when: number, weight: number, artifactDigest = digest('c')) => ({
    ...{ kind: SHIFTED, at: when },
    body: {
      weights: [
        { artifactDigest: digest('a'), weight: 100 - weight },
        { artifactDigest, weight },
      ],
    },
  });
  const asked = (weight: number, entries: ShareQuestion['entries']) => share(weight, entries, { rollout: held });
  const early = asked(50, [shifted(1_000, 10), at(HOLD, look(0))]);
  assert.equal(early.kind === 'held' && early.until, 61_000);
  assert.match(early.kind === 'held' ? early.reason : '', /behind a step of 10 %, and that is held for 60 s first/);
  assert.equal(asked(50, [shifted(1_000, 10), at(61_000, look(0))]).kind, 'free');
  const again = [shifted(1_000, 10), at(2_000, look(0)), shifted(3_000, 10), at(61_000, look(0))];
  assert.equal(asked(50, again).kind, 'free', 'gone through once more it is held no longer');
  assert.equal(asked(50, [at(0, look(0))]).kind, 'held', 'the shift could not be written down');
  assert.equal(asked(50, [at(0, look(0)), at(HOLD, look(0))]).kind, 'free');
  assert.equal(asked(50, [shifted(0, 10, digest('d')), at(HOLD, look(0))]).kind, 'held', 'of another version');
  const whole = [shifted(0, 10), at(HOLD, look(0)), shifted(HOLD, 50), at(HOLD + 1, look(1))];
  assert.equal(asked(100, whole).kind, 'held', 'the last step, too');
  const early50 = [shifted(0, 10), at(1, look(1, { carried: 10 })), at(HOLD, look(0)), shifted(HOLD, 50)];
  assert.equal(asked(100, [...early50, at(HOLD + 1, look(1))]).kind, 'held', 'looked at before it had the weight');
  const back = [shifted(0, 10), shifted(1, 0), shifted(HOLD, 10), at(HOLD + 1, look(0))];
  assert.equal(asked(50, back).kind, 'held', 'it had the weight for a moment, and gave it back');
  const red = at(1, look(0, { verdict: 'fail' }));
  assert.equal(asked(50, [shifted(0, 10), red]).kind, 'refused', 'no waiting helps it');
});

test('a promotion ends the hold of its step for the looks that come after it, and nothing else', () => {
  const held: RolloutSpec = {
    ...{ strategy: 'canary', analysis },
    steps: [10, 50].map((weight) => ({ ...step(weight), holdMs: 60_000 })),
  };
  const weights = (weight: number) => [{ artifactDigest: digest('c'), weight }];
  const shifted = (weight: number) => ({ kind: SHIFTED, at: 0, body: { weights: weights(weight) } });
  const promoted = (index: number) => ({
    kind: PROMOTED,
    at: 1,
    body: { step: index, by: 'operator', reason: 'seen' },
  });
  const kind = (weight: number, ...entries: ShareQuestion['entries']) => share(weight, entries, { rollout: held }).kind;
  assert.equal(kind(50, shifted(10), promoted(0), look(0)), 'free');
  assert.equal(kind(50, shifted(10), look(0), promoted(0)), 'held', 'the look came before it');
  assert.equal(kind(50, shifted(10), look(0), promoted(0), look(0)), 'free');
  assert.equal(kind(50, shifted(10), promoted(1), look(0)), 'held', 'another step');
  assert.equal(kind(50, promoted(0), shifted(0), shifted(10), look(0)), 'held', 'from before it had its weight');
  assert.equal(kind(50, promoted(0), look(0)), 'held', 'from before anything says that it had its weight');
  assert.equal(
    kind(50, look(0), promoted(0), look(0)),
    'free',
    'the shift could not be written down, and a look says it',
  );
  for (const verdict of ['fail', 'inconclusive', 'insufficient_data', 'error'])
    assert.equal(kind(50, shifted(10), promoted(0), look(0, { verdict })), 'refused', verdict);
  assert.equal(kind(50, shifted(10), promoted(0)), 'refused', 'nobody looked');
  const first = [shifted(10), promoted(0), look(0), shifted(50)];
  assert.equal(kind(100, ...first, look(1)), 'held', 'the next step is held for its own time');
  assert.equal(kind(100, ...first, promoted(1), look(1)), 'free');
});

const lasts = { holdMs: 60_000, minRequests: 50, deadlineMs: 60_000 };
/** What was moved, and looked at, so many milliseconds after it began. */
const phased = (phase: 'shadow' | 'switch', share: number, lookedAt = lasts.holdMs, change: object = {}) => {
  const isShadow = phase === 'shadow';
  const of = { artifactDigest: digest('c'), weight: isShadow ? 0 : 100, role: isShadow ? 'shadow' : 'candidate' };
  const body = { step: 0, phase, verdict: 'pass', candidate: digest('c'), champion: digest('a') };
  const rule = digest(`${of.weight}/50`);
  return [
    { kind: SHIFTED, at: 0, body: { weights: [of] } },
    { kind: ANALYSED, at: lookedAt, body: { ...body, rule, carried: share, ...change } },
  ];
};

test('a shadow that its spec declares comes before any traffic', () => {
  const shadowed: RolloutSpec = { ...rollout, shadow: { copies: 25, ...lasts, analysis } };
  const asked = (weight: number, entries: ShareQuestion['entries']) => share(weight, entries, { rollout: shadowed });
  const reason = (given: ReturnType<typeof share>): string => (given.kind === 'free' ? '' : given.reason);
  assert.equal(asked(0, []).kind, 'free', 'copies are no traffic');
  assert.match(reason(asked(10, [])), /traffic only behind copies of 25 % of the requests, and no look at that/);
  assert.equal(asked(10, phased('shadow', 25)).kind, 'free');
  assert.match(reason(asked(10, phased('shadow', 24))), /it had 24 % then/);
  assert.match(reason(asked(10, phased('shadow', 25, 0, { verdict: 'fail' }))), /a look at that was fail/);
  assert.equal(asked(10, phased('shadow', 25, 59_999)).kind, 'held');
  assert.match(reason(asked(10, [look(0)])), /no look/, 'a step is no shadow');
  assert.match(
    reason(asked(50, phased('shadow', 25))),
    /behind a step of 10 %, and no look/,
    'nor the other way round',
  );
});

test('blue/green takes everything in one switch, and keeps what ran before until it was judged for its time', () => {
  const { holdMs: keepMs, ...rest } = lasts;
  const blueGreen: RolloutSpec = { strategy: 'blueGreen', keepMs, ...rest, analysis };
  assert.equal(share(100, [], { rollout: blueGreen }).kind, 'free');
  const released = (entries: ShareQuestion['entries'], change: Partial<ShareQuestion> = {}) => {
    const asked = { candidate: digest('c'), champion: digest('a'), rollout: blueGreen, entries, digestOf, ...change };
    const given = releaseOf(asked);
    return given.kind === 'free' ? 'free' : `${given.kind}: ${given.reason}`;
  };
  assert.match(released([]), /^refused: its slipway.yaml keeps what ran before .* and no look/);
  assert.equal(released(phased('switch', 100)), 'free');
  assert.match(released(phased('switch', 100, 59_999)), /^held: .* held for 60 s first/);
  assert.match(released(phased('switch', 99)), /it had 99 % then/);
  assert.match(released(phased('switch', 100, 60_000, { champion: digest('x') })), /not compared with what has/);
  assert.match(released([look(0)]), /no look/, 'a look at a step is none at the switch');
  assert.equal(released([], { rollout }), 'free', 'a canary keeps nothing');
});

test('behind a step that asks for the word of a person there is nothing without it', () => {
  const approve = { roles: [], deadlineMs: 1 };
  const asking: RolloutSpec = { strategy: 'canary', steps: [{ ...step(10), approve }, step(50)], analysis };
  const asked = (entries: ShareQuestion['entries'], wordFault?: ShareQuestion['wordFault']) => {
    const given = share(50, entries, { rollout: asking, ...(wordFault === undefined ? {} : { wordFault }) });
    return given.kind === 'free' ? 'free' : `${given.kind}: ${given.reason}`;
  };
  const passed = [look(0)];
  assert.match(asked(passed), /^refused: .* behind a step of 10 %, and that waits for the word of a person: nobody/);
  assert.equal(
    asked(passed, () => undefined),
    'free',
  );
  assert.match(
    asked(passed, (index) => `author may not say so of ${index}`),
    /a person: author may not say so of 0$/,
  );
  assert.match(
    asked([], () => undefined),
    /no look at that/,
    'a word is no look',
  );
  assert.equal(share(10, [], { rollout: asking }).kind, 'free', 'up to the step nobody is asked');
});
