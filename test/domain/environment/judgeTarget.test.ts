import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { judgeTarget } from '../../../src/domain/environment/judgeTarget.js';
import { newEnvironment } from '../../../src/domain/environment/newEnvironment.js';
import { settle } from '../../../src/domain/environment/settle.js';
import { startNext } from '../../../src/domain/environment/startNext.js';
import type { DeploymentEntry, EnvironmentState } from '../../../src/domain/environment/types.js';
import { MAX_EPOCH } from '../../../src/domain/rollout/acceptEpoch.js';
import type { ObservedVersion } from '../../../src/domain/rollout/types.js';
import { request, version } from './requests.js';

const entry = (epoch: number, change: Partial<DeploymentEntry> = {}): DeploymentEntry => ({
  ...{ requestId: `r${epoch}`, kind: 'release', epoch, version: version(epoch), outcome: 'deployed', by: 'author' },
  ...{ reason: '', order: epoch, startedAt: 0, endedAt: 0 },
  ...change,
});
const state: EnvironmentState = newEnvironment('m', 'production', {
  ...{ epoch: 7, champion: version(7), championOrder: 7, previous: version(6) },
  history: [entry(7), entry(6)],
});
const runs = (order: number, weight: number, change: Partial<ObservedVersion> = {}): ObservedVersion => ({
  ...{ artifactDigest: version(order).artifactDigest, weight, role: 'champion', ready: true, restarts: 0 },
  ...change,
});
const at = (epoch: number, seq: number, ...versions: readonly ObservedVersion[]) => ({
  fence: { epoch, seq },
  versions,
});
const judge = (observed: Parameters<typeof judgeTarget>[1], of: EnvironmentState = state) => judgeTarget(of, observed);

describe('what a target runs', () => {
  it('agrees where the champion has everything, ready or not, in this epoch or after a passage that never came there', () => {
    for (const observed of [
      at(7, 9, runs(7, 100)),
      at(7, 9, runs(7, 100, { ready: false, reason: 'loading' })),
      at(7, 1, runs(7, 100, { role: 'candidate' })),
      at(7, 9, runs(7, 100), runs(6, 0, { role: 'candidate' })),
    ])
      assert.equal(judge(observed).kind, 'agrees', JSON.stringify(observed));
    assert.equal(judge(at(7, 9, runs(7, 100)), { ...state, epoch: 8 }).kind, 'agrees');
    assert.equal(judge(undefined, newEnvironment('m', 'production')).kind, 'agrees');
    assert.equal(judge(at(3, 1), newEnvironment('m', 'production', { epoch: 3 })).kind, 'agrees');
  });

  it('is the business of the passage that is under way', () => {
    const { state: active } = startNext({ ...state, queue: [request('release', 8)] }, 1);
    assert.equal(judge(at(7, 9, runs(6, 100)), active).kind, 'busy');
  });

  for (const [story, observed, reason] of [
    [
      'other shares',
      at(7, 10, runs(7, 50), runs(6, 50, { role: 'candidate' })),
      /has 50 % as champion.*runs with 50 %/,
    ],
    [
      'a shadow that nobody asked for',
      at(7, 10, runs(7, 100), runs(6, 0, { role: 'shadow', copies: 10 })),
      /as shadow/,
    ],
    ['another digest', at(7, 9, runs(7, 100, { servedDigest: version(5).artifactDigest })), /says that it serves/],
    ['a command of somebody else', at(9, 1, runs(7, 100)), /told the target epoch 9; the arbiter is at 7/],
    ['an older copy of its disk', { ...at(6, 3, runs(6, 100)), forgotten: 7 }, /at epoch 6, and has forgotten epoch 7/],
    ['an older command', at(6, 3, runs(7, 100)), /has forgotten epoch 7/],
    ['nothing', at(7, 10), /is missing/],
    ['no memory', undefined, /knows nothing of the model/],
  ] as const)
    it(`has drifted with ${story}, and is to be put back`, () => {
      const judged = judge(observed);
      assert.equal(judged.kind, 'drifted');
      assert.match(judged.reason, reason);
      assert.equal(judged.kind === 'drifted' && judged.repair?.version.artifactDigest, version(7).artifactDigest);
    });

  it('is put back by a passage above what the target was told, and nothing else of the arbiter changes', () => {
    const judged = judge(at(40, 1, runs(6, 100)));
    assert.ok(judged.kind === 'drifted' && judged.repair !== undefined);
    const started = startNext({ ...state, queue: [judged.repair] }, 5);
    assert.equal(started.start?.epoch, 41);
    const settled = settle(started.state, 41, { kind: 'completed', steps: [] }, 6);
    assert.ok(settled.kind === 'settled');
    const { champion, championOrder, previous, epoch } = settled.state;
    assert.deepEqual(
      { champion, championOrder, previous, epoch },
      { champion: version(7), championOrder: 7, previous: version(6), epoch: 41 },
    );
    assert.deepEqual([settled.pointer?.epoch, settled.entry.by], [41, 'target/m/production']);
    assert.equal(judge(at(41, 2, runs(7, 100)), settled.state).kind, 'agrees');
  });

  it('is told only, and not put back: no honest epoch follows, repairs did not help, nothing should run', () => {
    const failed = [10, 9, 8].map((epoch) => entry(epoch, { outcome: 'rolled_back', by: 'target/m/production' }));
    for (const [of, observed, reason] of [
      [state, at(MAX_EPOCH, 1, runs(6, 100)), /no honest epoch follows/],
      [state, at(2_000, 1, runs(6, 100)), /no honest epoch follows 2000/],
      [{ ...state, epoch: 10, history: [...failed, ...state.history] }, at(7, 3, runs(6, 100)), /3 repairs in a row/],
      [newEnvironment('m', 'production', { epoch: 3 }), at(3, 1, runs(6, 100)), /nothing should run/],
    ] as const) {
      const judged = judge(observed, of);
      assert.equal(judged.kind, 'drifted');
      assert.match(judged.reason, reason);
      assert.equal(judged.kind === 'drifted' && judged.repair, undefined);
    }
    const twice = { ...state, epoch: 10, history: [...failed.slice(1), ...state.history] };
    assert.ok('repair' in judge(at(7, 3, runs(6, 100)), twice));
  });
});
