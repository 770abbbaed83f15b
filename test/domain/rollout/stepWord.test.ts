import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PROMOTED } from '../../../src/domain/rollout/shareOf.js';
import { rolesOfWord, stepWord } from '../../../src/domain/rollout/stepWord.js';

const said = (step: number, by: string, at = 5) => ({
  kind: PROMOTED,
  at,
  body: { step, by, reason: 'looks right', at },
});
const onlyOncall = (by: string): string | undefined => (by === 'oncall' ? undefined : `${by} may not`);

test('operators may always let it go on, and whom the step names', () => {
  assert.deepEqual(rolesOfWord({ roles: [], deadlineMs: 1 }), ['operator']);
  assert.deepEqual(rolesOfWord({ roles: ['reviewer', 'operator'], deadlineMs: 1 }), ['operator', 'reviewer']);
});

test('a word counts for its own step, from somebody who may', () => {
  const word = { step: 1, by: 'oncall', reason: 'looks right', at: 5 };
  assert.deepEqual(stepWord([said(0, 'author'), said(1, 'oncall')], 1, onlyOncall), { kind: 'given', word });
  assert.deepEqual(stepWord([said(0, 'oncall')], 1, onlyOncall), { kind: 'missing', refused: [] });
  const both = stepWord([said(1, 'author'), said(1, 'oncall')], 1, onlyOncall);
  assert.equal(both.kind, 'given', 'that another one may not takes nothing from it');
  const refused = stepWord([said(1, 'author')], 1, onlyOncall);
  assert.deepEqual(refused, { kind: 'missing', refused: ['author may not'] });
});

test('a word that came after the deadline says nothing any more', () => {
  assert.equal(stepWord([said(1, 'oncall', 5)], 1, onlyOncall, 5).kind, 'given');
  const late = stepWord([said(1, 'oncall', 6)], 1, onlyOncall, 5);
  assert.deepEqual(late, { kind: 'missing', refused: ['oncall said so after the deadline'] });
});

test('what is no word is passed over', () => {
  const entries = [
    { kind: 'rollout.paused', at: 1, body: { step: 1, by: 'oncall' } },
    { kind: PROMOTED, at: 1, body: { step: '1', by: 'oncall' } },
    { kind: PROMOTED, at: 1, body: { step: 1, by: 7 } },
    { kind: PROMOTED, at: 1, body: {} },
  ];
  assert.deepEqual(stepWord(entries, 1, onlyOncall), { kind: 'missing', refused: [] });
});
