import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeSmoke, type SmokeQuestion } from '../../../src/domain/gate/judgeSmoke.js';

const OURS = `sha256:${'a'.repeat(64)}`;
const OTHER = `sha256:${'b'.repeat(64)}`;
const expected = [0.25, 0.5, 0.75, 1];
const answered = (...predictions: readonly number[]) => ({ kind: 'answered', predictions }) as const;
const asked = (changes: Partial<SmokeQuestion> = {}): SmokeQuestion => ({
  expectedDigest: OURS,
  servedBefore: OURS,
  servedAfter: OURS,
  expected,
  answers: [answered(0.25, 0.5), answered(0.75, 1)],
  ...changes,
});
/** The first row answered by so much more than it was packaged. */
const off = (by: number): SmokeQuestion => asked({ answers: [answered(0.25 + by, 0.5, 0.75, 1)] });

const rows: readonly (readonly [string, SmokeQuestion, string, RegExp])[] = [
  ['every row as packaged', asked(), 'pass', /^4 real rows answered as packaged, to the last bit$/],
  ['last digits that differ', off(0.9e-5), 'pass', /largest difference 9\.0e-6/],
  ['more than last digits', off(1.1e-5), 'fail', /differ from the packaged ones by up to 1\.10e-5/],
  ['less than last digits', off(-1.1e-5), 'fail', /by up to 1\.10e-5/],
  ['another version before', asked({ servedBefore: OTHER }), 'fail', /served sha256:b+ before the test/],
  ['another version after', asked({ servedAfter: OTHER }), 'fail', /served sha256:b+ after the test/],
  ['nothing after', asked({ servedAfter: undefined }), 'fail', /served nothing after the test/],
  ['no rows to send', asked({ expected: [], answers: [] }), 'insufficient_data', /carries no rows/],
  ['a row without an answer', asked({ answers: [answered(0.25, 0.5, 0.75)] }), 'fail', /4 rows were sent, 3 answered/],
  ['a row too many', asked({ answers: [answered(...expected, 1)] }), 'fail', /4 rows were sent, 5 answered/],
  ['rows in another order', asked({ answers: [answered(0.5, 0.25, 0.75, 1)] }), 'fail', /by up to 2\.50e-1/],
  ['no number', asked({ answers: [answered(NaN, 0.5, 0.75, 1)] }), 'fail', /no probability/],
  ['more than a probability', off(1), 'fail', /no probability/],
  [
    'a request that failed',
    asked({ answers: [answered(...expected), { kind: 'failed', reason: 'HTTP 500' }] }),
    'fail',
    /1 of 2 requests failed, the first: HTTP 500/,
  ],
];
for (const [why, question, verdict, reason] of rows)
  test(`a smoke test of ${why}: ${verdict}`, () => {
    const judged = judgeSmoke(question);
    assert.equal(judged.verdict, verdict, judged.reason);
    assert.match(judged.reason, reason);
  });
