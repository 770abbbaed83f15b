import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Digest } from '../../../src/domain/artifact/types.js';
import { canonicalJson } from '../../../src/domain/canonical.js';
import { controlsOnRecord } from '../../../src/domain/rollout/controlsOnRecord.js';
import { looksOnRecord } from '../../../src/domain/rollout/looksOnRecord.js';
import { phasesOf, ruleOf, type StepRule } from '../../../src/domain/rollout/phases.js';
import type { CanarySpec } from '../../../src/domain/spec/types.js';

const digest = (letter: string): Digest => `sha256:${letter.repeat(64)}`;
const [CANDIDATE, CHAMPION, OTHER] = [digest('c'), digest('a'), digest('b')];
const digestOf = (rule: StepRule): Digest => `sha256:${canonicalJson(rule)}` as Digest;
const analysis = { maxErrorRateIncrease: 0, maxLatencyRatio: 1, maxPredictionDistance: 0, maxFeatureDistance: 0 };
const lasts = { holdMs: 0, minRequests: 20, deadlineMs: 100 };
const rollout: CanarySpec = {
  ...{ strategy: 'canary', analysis },
  steps: [
    { weight: 12.5, ...lasts },
    { weight: 100, ...lasts },
  ],
  shadow: { copies: 25, analysis, ...lasts },
};
const [SHADOW, FIRST, WHOLE] = phasesOf(rollout).map((phase) => digestOf(ruleOf(phase)));
const entry = (seq: number | undefined, change: Readonly<Record<string, unknown>> = {}, kind = 'rollout.analysed') => ({
  kind,
  body: {
    ...{ step: 0, ...(seq === undefined ? {} : { seq }), rule: FIRST, carried: 12.5 },
    ...{ candidate: CANDIDATE, champion: CHAMPION, evidence: digest('e'), ...change },
  },
});
const seqs = (...entries: readonly ReturnType<typeof entry>[]): readonly number[] =>
  looksOnRecord(entries, { candidate: CANDIDATE, rollout, digestOf }).map(({ seq }) => seq);

test('a look counts that was had by the rule of its phase, at its share', () => {
  assert.deepEqual(
    seqs(
      entry(1, { phase: 'shadow', rule: SHADOW, carried: 25 }),
      entry(2),
      entry(3, { carried: 12.49 }),
      entry(4, { step: 1, rule: WHOLE, carried: 100 }),
    ),
    [1, 2, 3, 4],
  );
});

test("any other is in the ledger, and is nobody's look", () => {
  const forged = {
    'by a rule of its own': { rule: digest('f') },
    'by the rule of another step': { rule: WHOLE },
    'of a step that is still to come': { step: 1, rule: WHOLE },
    'of one that is over': { carried: 50 },
    'of a step that the plan has not': { step: 7 },
    'of a phase that the plan has not': { phase: 'switch' },
    'at another version': { candidate: OTHER },
  };
  for (const [name, change] of Object.entries(forged)) assert.deepEqual(seqs(entry(2, change)), [], name);
  assert.deepEqual(seqs(entry(2, {}, 'rollout.shifted')), []);
});

test('whoever is alone has everything, whatever its step says', () => {
  assert.deepEqual(
    seqs(entry(2, { champion: undefined, carried: 100 }), entry(3, { champion: CANDIDATE, carried: 100 })),
    [2, 3],
  );
});

test('looks from before rules, shares and commands were written down count, as of one time', () => {
  assert.deepEqual(seqs(entry(undefined, { rule: undefined, carried: undefined })), [-1]);
  const unplanned = looksOnRecord([entry(2, { rule: digest('f') })], {
    candidate: CANDIDATE,
    rollout: undefined,
    digestOf,
  });
  assert.equal(unplanned.length, 1, 'nothing says what the rule was');
});

test('what the champion had is asked of the last look since each earlier command, newest first', () => {
  const looks = looksOnRecord(
    [
      entry(2, { evidence: digest('1') }),
      entry(2, { evidence: digest('2') }),
      entry(4, { evidence: digest('3') }),
      entry(5, { evidence: digest('4'), champion: OTHER }),
      entry(6, { evidence: digest('5') }),
    ],
    { candidate: CANDIDATE, rollout, digestOf },
  );
  assert.deepEqual(controlsOnRecord(looks, { champion: CHAMPION, seq: 6 }), [digest('3'), digest('2')]);
  assert.deepEqual(controlsOnRecord(looks, { champion: CHAMPION, seq: 2 }), []);
});
