import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concernedBy } from '../../../src/domain/release/concerned.js';
import type { WaitingView } from '../../../src/domain/release/types.js';

const view = {
  trigger: { kind: 'commit', by: 'source/m', at: 0 } as const,
  authorship: { authors: ['author', 'oncall'], unknown: [], trigger: 'source/m' },
  waiting: { roles: ['reviewer'], groups: [{ roles: ['risk'], quorum: 1 }] } as unknown as WaitingView,
};

test('a question is for the authors, but for who asks it; where nobody is known for who started the release', () => {
  assert.deepEqual(concernedBy({ kind: 'question', by: 'reviewer' }, view), ['author', 'oncall']);
  assert.deepEqual(concernedBy({ kind: 'question', by: 'author' }, view), ['oncall']);
  const { trigger } = view;
  assert.deepEqual(concernedBy({ kind: 'question', by: 'reviewer' }, { trigger }), ['source/m']);
});

test('a comment is for those who decide on it now; of what waits for nobody it is for nobody', () => {
  assert.deepEqual(concernedBy({ kind: 'comment', by: 'author' }, view), ['reviewer', 'risk']);
  assert.deepEqual(concernedBy({ kind: 'comment', by: 'author' }, { trigger: view.trigger }), []);
});
