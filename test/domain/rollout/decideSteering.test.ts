import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decideSteering, type SteeredPassage } from '../../../src/domain/rollout/decideSteering.js';
import {
  pauseInForce,
  saySteered,
  STEERED,
  steeringOnRecord,
  type Steered,
  type Steering,
} from '../../../src/domain/rollout/steering.js';
import type { RolloutView } from '../../../src/domain/rollout/types.js';

const WORDS: readonly Steering[] = ['pause', 'resume', 'promote', 'abort'];
const said = (...kinds: readonly Steering[]): readonly Steered[] =>
  kinds.map((kind) => ({ kind, by: 'oncall', reason: 'odd', at: 1, ...(kind === 'promote' ? { step: 1 } : {}) }));
const passage = (
  status: RolloutView['status'] | undefined,
  words: readonly Steered[] = [],
  change: Partial<SteeredPassage> = {},
): SteeredPassage => ({
  immediate: false,
  said: words,
  shifted: 50,
  ...(status === undefined ? {} : { view: { status, step: 1, weight: 50 } }),
  ...change,
});
/** What each word does, in the order of WORDS: the ID of an entry, or what else is decided. */
const table = (of: SteeredPassage | undefined): readonly string[] =>
  WORDS.map((word) => {
    const decided = decideSteering({ word, by: 'oncall' }, of);
    if (decided.kind === 'say') return decided.entryId;
    return decided.kind === 'refused' ? decided.code : decided.kind;
  });

describe('a word to a rollout', () => {
  const idle = WORDS.map(() => 'rollout_idle');
  const late = ['rollout_ending', 'rollout_ending', 'rollout_ending'];
  const paused = { by: 'oncall', reason: 'odd' };
  const viewed = { status: 'paused', step: 1, weight: 50, paused } as const;
  const deploying = { immediate: true, view: { status: 'deploying', step: 0, weight: 0 } } as const;
  const ROWS: readonly (readonly [string, SteeredPassage | undefined, readonly string[]])[] = [
    ['where none is under way', undefined, idle],
    ['to one that does not answer any more', passage(undefined), idle],
    ['to one that is completed', passage('completed'), idle],
    ['on a step', passage('holding'), ['paused/0', 'nothing', 'promoted/1/oncall', 'aborted']],
    ['while it looks', passage('analysing'), ['paused/0', 'nothing', 'promoted/1/oncall', 'aborted']],
    ['while a freeze holds it', passage('held'), ['paused/0', 'nothing', 'promoted/1/oncall', 'aborted']],
    ['before its first step', passage('deploying'), ['paused/0', 'nothing', 'step_not_begun', 'aborted']],
    ['to one that is paused', passage('paused', said('pause')), ['again', 'resumed/1', 'promoted/1/oncall', 'aborted']],
    [
      'a second time',
      passage('holding', said('pause', 'resume')),
      ['paused/2', 'nothing', 'promoted/1/oncall', 'aborted'],
    ],
    [
      'to one that a signal paused',
      passage('paused', [], { view: viewed }),
      ['paused/0', 'resumed/0', 'promoted/1/oncall', 'aborted'],
    ],
    ['after a promotion', passage('holding', said('promote')), ['paused/0', 'nothing', 'again', 'aborted']],
    [
      'after a promotion by somebody else',
      passage('holding', [{ kind: 'promote', by: 'operator', reason: 'odd', at: 1, step: 1 }]),
      ['paused/0', 'nothing', 'promoted/1/oncall', 'aborted'],
    ],
    ['on its way back', passage('aborting'), [...late, 'nothing']],
    ['that has not heard of its abort', passage('holding', said('abort')), [...late, 'again']],
    ['that is back', passage('aborted', said('abort')), [...late, 'again']],
    [
      'without steps',
      passage('deploying', [], deploying),
      ['rollout_without_steps', 'nothing', 'rollout_without_steps', 'aborted'],
    ],
    [
      'whose share is not on record',
      passage('holding', [], { shifted: 10 }),
      ['paused/0', 'nothing', 'step_not_begun', 'aborted'],
    ],
  ];
  for (const [name, of, expected] of ROWS) it(name, () => assert.deepEqual(table(of), expected));

  it('promotes the step that was meant, or none', () => {
    const of = passage('holding');
    assert.deepEqual(decideSteering({ word: 'promote', by: 'oncall', step: 1 }, of), {
      kind: 'say',
      entryId: 'promoted/1/oncall',
      step: 1,
    });
    const meant = decideSteering({ word: 'promote', by: 'oncall', step: 0 }, of);
    assert.deepEqual(meant, {
      kind: 'refused',
      code: 'state_changed',
      reason: 'step 2 is under way, and not step 1',
    });
  });
});

describe('words on record', () => {
  const entry = (kind: Steering, body: object = {}) => ({
    kind: STEERED[kind],
    body: { by: 'oncall', reason: 'odd', at: 7, ...body },
  });

  it('are read in their order, and nothing else is', () => {
    const read = steeringOnRecord([
      { kind: 'rollout.analysed', body: { step: 0 } },
      entry('pause'),
      entry('promote', { step: 0 }),
      { kind: 'rollout.aborted', body: {} },
    ]);
    assert.deepEqual(read, [
      { kind: 'pause', by: 'oncall', reason: 'odd', at: 7 },
      { kind: 'promote', by: 'oncall', reason: 'odd', at: 7, step: 0 },
      { kind: 'abort', by: '', reason: '', at: 0 },
    ]);
    assert.deepEqual(read.slice(0, 2).map(saySteered), ['paused by oncall: odd', 'step 1 promoted by oncall: odd']);
  });

  it('have a pause in force until it is ended', () => {
    assert.equal(pauseInForce(said('pause', 'resume')), undefined);
    assert.equal(pauseInForce(said('resume', 'pause', 'promote'))?.kind, 'pause');
  });
});
