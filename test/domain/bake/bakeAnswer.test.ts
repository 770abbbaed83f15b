import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  answerInForce,
  answersOnRecord,
  ANSWERED,
  sayAnswer,
  type BakeAnswer,
} from '../../../src/domain/bake/bakeAnswer.js';
import { decideAnswer } from '../../../src/domain/bake/decideAnswer.js';
import { sayAsked } from '../../../src/domain/bake/sayAsked.js';
import type { BakeAskedView } from '../../../src/domain/release/types.js';

const artifactDigest = `sha256:${'a'.repeat(64)}` as const;
const baked = { environment: 'production', artifactDigest };
const entry = (kind: BakeAnswer, by: string, at = 5, body: object = {}) => ({
  ...{ kind: ANSWERED[kind], at },
  body: { ...baked, by, reason: 'sales', at, ...body },
});
const asked: BakeAskedView = {
  ...{ environment: 'production', owners: ['oncall'], since: 1, until: 10, reason: 'too few labels', reminders: 0 },
};

describe('answers on record', () => {
  it('are those about this very version in this environment', () => {
    const entries = [
      entry('confirm', 'operator'),
      entry('revert', 'oncall', 6),
      entry('confirm', 'other', 5, { environment: 'test' }),
      entry('confirm', 'other', 5, { artifactDigest: `sha256:${'b'.repeat(64)}` }),
      entry('confirm', 'other', 5, { by: 7 }),
      { kind: 'stage.bake', at: 5, body: { ...baked, by: 'other' } },
    ];
    assert.deepEqual(
      answersOnRecord(entries, baked).map(({ kind, by, at }) => [kind, by, at]),
      [
        ['confirm', 'operator', 5],
        ['revert', 'oncall', 6],
      ],
    );
  });

  it('count in their order, of those who may, and in time', () => {
    const answers = answersOnRecord(
      [entry('confirm', 'author'), entry('confirm', 'operator', 11), entry('revert', 'oncall', 10)],
      baked,
    );
    const found = answerInForce(answers, ({ by }) => (by === 'author' ? 'author wrote it' : undefined), 10);
    assert.equal(found.kind === 'given' && sayAnswer(found.answer), 'taken back by oncall: sales');
    assert.deepEqual(
      answerInForce(answers.slice(0, 2), ({ by }) => (by === 'author' ? 'author wrote it' : undefined), 10),
      { kind: 'missing', refused: ['author wrote it', 'operator said so after the deadline'] },
    );
  });
});

describe('an answer', () => {
  const ask = { kind: 'confirm', by: 'operator' } as const;
  it('is refused where nobody is asked', () => {
    const told = (view: Parameters<typeof decideAnswer>[1]) => {
      const decided = decideAnswer(ask, view, []);
      return decided.kind === 'refused' ? [decided.code, decided.reason] : decided.kind;
    };
    assert.deepEqual(told({ outcome: 'provisional' }), ['bake_not_waiting', 'it waits for labels still']);
    assert.deepEqual(told({}), ['bake_not_waiting', 'it is not provisional']);
    assert.deepEqual(told({ outcome: 'provisional', endedAt: 9, bakeAsked: asked }), [
      'bake_not_waiting',
      'it has ended as provisional',
    ]);
  });

  it('is written once for each person and answer', () => {
    const view = { outcome: 'provisional', bakeAsked: asked } as const;
    const first = decideAnswer(ask, view, []);
    assert.equal(first.kind === 'say' && first.entryId, 'bake/production/confirm/1/operator');
    const said = [{ ...ask, reason: '', at: 1 }];
    assert.equal(decideAnswer(ask, view, said).kind, 'again');
    assert.equal(decideAnswer({ ...ask, kind: 'revert' }, view, said).kind, 'say');
    assert.equal(decideAnswer({ ...ask, by: 'other' }, view, said).kind, 'say');
  });
});

it('says who is asked, until when, and how they answer', () => {
  const said = sayAsked({ bakeAsked: asked, releaseId: 'release/m/1' }, (at) => `t${at}`);
  assert.equal(
    said?.what,
    'asks oncall since t1 what becomes of it in production (0 reminders); without an answer by t10 it stays provisional',
  );
  assert.deepEqual(
    said?.ways.map(({ command }) => command),
    ['slipway release confirm m/1', 'slipway release revert m/1'],
  );
  assert.equal(sayAsked({ releaseId: 'release/m/1' }, String), undefined);
});
