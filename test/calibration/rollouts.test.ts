/**
 * A thousand rollouts of a candidate like its champion: how often one is sent back by chance; and of bad ones, how many
 * come through, and after how many requests they were caught. `npm test -- calibration`.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FALSE_ABORTS } from '../../src/domain/rollout/falseAborts.js';
import { randomStream } from '../../src/domain/statistics/randomStream.js';
import { binomialUpper } from './binomialUpper.js';
import { canaryOf, playRollout, type Played } from './playRollout.js';
import { FAULTS, simulateTarget, trainedOn, type Fault } from './simulatedTarget.js';

const RUNS = 1_000;
const BAD_RUNS = 200;
const known = trainedOn(randomStream('training'));

const told = (ended: readonly { readonly reason: string }[]): string =>
  ended
    .slice(0, 3)
    .map(({ reason }) => reason)
    .join(' | ');

describe('rollouts by the functions that decide', () => {
  const play = (name: string, runs: number, looks: number, fault: Fault): readonly Played[] => {
    const next = randomStream(name);
    const plan = canaryOf(looks, FALSE_ABORTS);
    return Array.from({ length: runs }, () => playRollout(simulateTarget(next, fault), next, known, plan));
  };

  for (const [looks, runs] of [
    [10, RUNS],
    [30, BAD_RUNS],
  ] as const)
    it(`${runs} of sound candidates with at least ${looks} looks a step: at most ${binomialUpper(runs, FALSE_ABORTS)} sent back`, (t) => {
      const played = play(`sound/${looks}`, runs, looks, {});
      const back = played.filter(({ kind }) => kind !== 'completed');
      const of = (wanted: Played['kind']): number => back.filter(({ kind }) => kind === wanted).length;
      const all = played.reduce((sum, one) => sum + one.looks, 0);
      t.diagnostic(`failed ${of('failed')}, undecided ${of('undecided')} of ${runs}; ${all / runs} looks each`);
      assert.ok(back.length <= binomialUpper(runs, FALSE_ABORTS), `${back.length}: ${told(back)}`);
    });

  it(`${BAD_RUNS} of candidates that fail oftener by their whole limit: at most ${binomialUpper(BAD_RUNS, FALSE_ABORTS)} failed`, (t) => {
    const played = play('edge', BAD_RUNS, 10, { errors: canaryOf(10, FALSE_ABORTS).analysis.maxErrorRateIncrease });
    const of = (wanted: Played['kind']): number => played.filter(({ kind }) => kind === wanted).length;
    t.diagnostic(`failed ${of('failed')}, undecided ${of('undecided')} of ${BAD_RUNS}`);
    assert.ok(of('failed') <= binomialUpper(BAD_RUNS, FALSE_ABORTS));
  });

  for (const [name, fault] of Object.entries(FAULTS))
    it(`${BAD_RUNS} of candidates with ${name}: 95 % caught`, (t) => {
      const played = play(name, BAD_RUNS, 10, fault);
      const caught = played.filter(({ kind }) => kind === 'failed');
      const requests = caught.map(({ answered }) => answered).sort((a, b) => a - b);
      const at = (share: number): number => requests[Math.floor(share * (requests.length - 1))] ?? NaN;
      t.diagnostic(
        `${caught.length} of ${BAD_RUNS}, after ${at(0.5)} requests of the candidate (median; 90 %: ${at(0.9)}, most: ${at(1)})`,
      );
      assert.ok(caught.length >= 0.95 * BAD_RUNS);
    });
});
