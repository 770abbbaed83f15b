import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { authorshipOf } from '../../../src/domain/release/authorship.js';

const identities = [
  { name: 'author', gitEmails: ['author@example.com', 'k@example.com'] },
  { name: 'reviewer', gitEmails: ['Reviewer@Example.com'] },
];
const commit = (authorEmail: string, committerEmail = authorEmail, coAuthors: readonly string[] = []) => ({
  authorEmail,
  committerEmail,
  coAuthors,
});

describe('authorship', () => {
  it('is of whoever wrote, committed or is named as co-author', () => {
    const commits = [commit('author@example.com', 'reviewer@example.com'), commit('author@example.com')];
    assert.deepEqual(authorshipOf(commits, identities, 'oncall'), {
      authors: ['author', 'reviewer'],
      unknown: [],
      trigger: 'oncall',
    });
    const together = authorshipOf(
      [commit('author@example.com', undefined, ['REVIEWER@example.com', 'guest@example.com'])],
      identities,
      '',
    );
    assert.deepEqual([together.authors, together.unknown], [['author', 'reviewer'], ['guest@example.com']]);
  });

  it('takes ASCII letters of another case for the same, and no other letters', () => {
    assert.deepEqual(authorshipOf([commit('AUTHOR@EXAMPLE.COM')], identities, '').authors, ['author']);
    const kelvin = '\u212A@example.com';
    const found = authorshipOf([commit(kelvin)], identities, '');
    assert.deepEqual([found.authors, found.unknown], [[], [kelvin]]);
  });
});
