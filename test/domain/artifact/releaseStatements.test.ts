import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { attestedDecisions } from '../../../src/domain/artifact/attestedDecisions.js';
import { judgeStatement } from '../../../src/domain/artifact/judgeStatement.js';
import { buildManifest } from '../../../src/domain/artifact/manifest.js';
import { approvalStatement, madeBy, testStatement } from '../../../src/domain/artifact/releaseStatements.js';

const digest = (digit: string) => `sha256:${digit.repeat(64)}` as const;
const entry = (kind: string, body: object) => ({ kind, at: 1, body: { ...body } });
const packaged = entry('stage.package', { verdict: 'pass', artifactDigest: digest('a') });
const decided = (artifact: string, subject: string, counted = true) =>
  entry('decision', { counted, artifactDigest: digest(artifact), subject });
const manifest = buildManifest({ digest: digest('0'), size: 1 }, [], {});

describe('what a release may attest', () => {
  it('is about an artifact that it packaged itself, and no other', () => {
    assert.equal(madeBy([packaged], digest('a')), true);
    assert.equal(madeBy([packaged], digest('b')), false);
    assert.equal(madeBy([entry('stage.gate', { artifactDigest: digest('a') })], digest('a')), false);
    assert.equal(madeBy([], digest('a')), false);
  });

  it('holds decisions on this artifact that counted, and no others', () => {
    const entries = [decided('a', 'reviewer'), decided('b', 'oncall'), decided('a', 'director', false)];
    const statement = approvalStatement('m', digest('a'), entries) ?? assert.fail('nobody was asked');
    assert.deepEqual(
      attestedDecisions(statement).map(({ subject }) => subject),
      ['reviewer'],
    );
    assert.equal(approvalStatement('m', digest('c'), entries), undefined);
  });

  it('is no test that passed where nothing was tested, or one thing failed', () => {
    const result = (...verdicts: readonly string[]) =>
      testStatement(
        'm',
        digest('a'),
        manifest,
        verdicts.map((verdict, at) => entry('stage.gate', { verdict, environment: `e${at}` })),
      ).predicate['result'];
    assert.deepEqual([result(), result('pass'), result('pass', 'inconclusive')], ['FAILED', 'PASSED', 'FAILED']);
  });
});

describe('a statement', () => {
  it('counts for its one subject alone', () => {
    const statement = testStatement('m', digest('a'), manifest, []);
    const judged = (subject: unknown) =>
      judgeStatement({ ...statement, subject }, statement.predicateType, digest('a')).ok;
    const [ours] = statement.subject;
    const other = { name: 'm', digest: { sha256: 'b'.repeat(64) } };
    assert.equal(judged([ours]), true);
    for (const odd of [[ours, other], [other, ours], [ours, ours], [other], [], [null], undefined, 'text'])
      assert.equal(judged(odd), false, JSON.stringify(odd));
  });
});
