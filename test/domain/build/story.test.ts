import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { continueStory, evidenceOfSteps, type StepStory } from '../../../src/domain/build/story.js';
import { canonicalJson } from '../../../src/domain/canonical.js';
import { digestOf } from './scene.js';

const KEY = digestOf('key');
const RELEASE = 'release/m/1';
const told = (outcome: StepStory['outcome'], more: Partial<StepStory> = {}): StepStory => ({
  ...{ step: 'train', outcome, reason: 'it has not run here before', key: KEY, flaky: false, outputs: [] },
  attempts: [{ number: 1, passed: outcome === 'ran', end: `${outcome} somehow`, durationMs: 12_345 }],
  ...more,
});

describe('a step that is told again in the same release', () => {
  it('is flaky where it failed before and passes with the same key', () => {
    const { flaky, attempts } = continueStory(told('failed'), told('ran'), RELEASE);
    assert.equal(flaky, true);
    assert.deepEqual(
      attempts.map(({ number, passed }) => [number, passed]),
      [
        [1, false],
        [2, true],
      ],
    );
  });

  it('is not where what it depends on changed, where it fails again, and where it passed before', () => {
    assert.equal(continueStory(told('failed'), told('ran', { key: digestOf('other') }), RELEASE).flaky, false);
    assert.equal(continueStory(told('failed'), told('failed'), RELEASE).flaky, false);
    assert.equal(continueStory(told('ran'), told('ran'), RELEASE).flaky, false);
    const { key: _, ...unknown } = told('failed');
    const { key: __, ...now } = told('ran');
    assert.equal(continueStory(unknown, now, RELEASE).flaky, false, 'nobody knows whether it was the same');
  });

  it('stays as it ran where its outputs come back from this very release', () => {
    const before = told('ran', { flaky: true });
    assert.equal(continueStory(before, told('skipped', { from: RELEASE, attempts: [] }), RELEASE), before);
    const other = told('skipped', { from: 'release/m/0', attempts: [] });
    assert.equal(continueStory(before, other, RELEASE), other);
  });
});

describe('the evidence of steps', () => {
  it('holds every attempt, and no time, so that its digest is that of the same story', () => {
    const quick = told('ran', { attempts: [{ number: 1, passed: true, end: 'passed', durationMs: 1 }] });
    const slow = told('ran', { attempts: [{ number: 1, passed: true, end: 'passed', durationMs: 2 }] });
    assert.equal(canonicalJson(evidenceOfSteps([quick])), canonicalJson(evidenceOfSteps([slow])));
    assert.deepEqual(evidenceOfSteps([quick]), [
      { step: 'train', outcome: 'ran', attempts: [{ number: 1, passed: true, end: 'passed' }], flaky: false },
    ]);
  });

  it('says which attempt went on from a checkpoint', () => {
    const attempts = [{ number: 1, passed: true, end: 'passed', durationMs: 1, continued: true }] as const;
    const [step] = evidenceOfSteps([told('ran', { attempts })]);
    assert.deepEqual(step?.['attempts'], [{ number: 1, passed: true, end: 'passed', continued: true }]);
  });
});
