import assert from 'node:assert/strict';
import { test } from 'node:test';
import { askedSteps, phasesOf, sayShare, untilLook } from '../../../src/domain/rollout/phases.js';
import type { BlueGreenSpec, CanarySpec, ShadowSpec } from '../../../src/domain/spec/types.js';

const analysis = { maxErrorRateIncrease: 0, maxLatencyRatio: 1, maxPredictionDistance: 0, maxFeatureDistance: 0 };
const lasts = { minRequests: 20, deadlineMs: 100 };
const shadow: ShadowSpec = { copies: 25, holdMs: 10, ...lasts, analysis };
const blueGreen: BlueGreenSpec = { strategy: 'blueGreen', keepMs: 80, ...lasts, analysis };
const canary: CanarySpec = {
  ...{ strategy: 'canary', analysis },
  steps: [
    { weight: 25, holdMs: 0, ...lasts, approve: { roles: ['reviewer'], deadlineMs: 5 } },
    { weight: 100, holdMs: 0, ...lasts },
  ],
};

test('each strategy is a list of phases, its shadow first', () => {
  assert.deepEqual(phasesOf({ strategy: 'immediate' }), []);
  assert.deepEqual(
    phasesOf(canary).map((phase) => [phase.kind, phase.index, sayShare(phase)]),
    [
      ['step', 0, '25 %'],
      ['step', 1, '100 %'],
    ],
  );
  const copied = { kind: 'shadow', index: 0, step: { weight: 0, holdMs: 10, ...lasts }, copies: 25, analysis };
  assert.deepEqual(phasesOf({ ...canary, shadow }), [copied, ...phasesOf(canary)]);
  const switched = { kind: 'switch', index: 0, step: { weight: 100, holdMs: 80, ...lasts }, analysis };
  assert.deepEqual(phasesOf({ ...blueGreen, shadow }), [copied, switched]);
});

test('the steps that somebody must let it go on behind', () => {
  assert.deepEqual(askedSteps(canary), [{ index: 0, weight: 25, approve: { roles: ['reviewer'], deadlineMs: 5 } }]);
  assert.deepEqual(askedSteps(blueGreen), []);
});

test('a version with all traffic is looked at four times while the other is kept, others at their end', () => {
  const [switched] = phasesOf(blueGreen);
  const looks: number[] = [];
  for (let at = 0; at < 80; looks.push(at)) at += untilLook(switched!, at, 80 - at);
  assert.deepEqual(looks, [10, 20, 40, 80]);
  assert.equal(untilLook(switched!, 80, 80), 80, 'without a verdict then, as often as its look says');
  const [step] = phasesOf(canary);
  assert.equal(untilLook(step!, 0, 60), 60);
});
