import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  commentId,
  MAX_COMMENTS,
  MAX_COMMENTS_OF_ONE,
  roomFor,
  saidSince,
} from '../../../src/domain/release/comment.js';

const ids = (count: number, person: string, from = 1): string[] =>
  Array.from({ length: count }, (_, at) => commentId(String(from + at).padStart(6, '0'), person, `m${at}`));

describe('roomFor', () => {
  it('is the place behind the last comment', () => {
    assert.deepEqual(roomFor([], 'p'), { kind: 'room', place: '000001' });
    assert.deepEqual(roomFor(ids(1, 'q', 41), 'p'), { kind: 'room', place: '000042' });
  });
  it('is for each person by itself, and for all together', () => {
    const full = ids(MAX_COMMENTS_OF_ONE, 'p');
    assert.deepEqual(roomFor(full, 'p'), { kind: 'own_full', most: MAX_COMMENTS_OF_ONE });
    assert.equal(roomFor(full, 'q').kind, 'room');
    assert.equal(roomFor(full.slice(1), 'p').kind, 'room');
    assert.deepEqual(roomFor(ids(MAX_COMMENTS, 'r'), 'q'), { kind: 'full', most: MAX_COMMENTS });
    assert.equal(roomFor(['999999-r-m'], 'q').kind, 'full');
  });
  it('does not count comments from before their IDs named a person', () => {
    const old = Array.from({ length: MAX_COMMENTS_OF_ONE }, (_, at) => `${String(at + 1).padStart(6, '0')}-p`);
    assert.equal(roomFor(old, 'q').kind, 'room');
  });
});

describe('saidSince', () => {
  it('is what is behind a comment, and what came to its place at the same moment', () => {
    const all = ['000001-a', '000002-a', '000002-b', '000003-a'];
    assert.deepEqual(saidSince(all, undefined), all);
    assert.deepEqual(saidSince(all, '000002-b'), ['000002-a', '000003-a']);
    assert.deepEqual(saidSince(all, 'made-up'), all);
  });
});
