import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import type { ReleaseView } from '../../src/domain/release/types.js';
import { decideUpdate } from '../../workflows/messages.js';
import { canaryIn, declares, releaseOf, untilView } from './acts.js';
import { allGoesWell, DAY, digest, judge } from './cast.js';
import { openScene, type Scene } from './scene.js';

let scene: Scene;
before(async () => {
  scene = await openScene(allGoesWell(() => scene.environment.client.workflow));
});
after(() => scene.end());

describe('an approval by two people', () => {
  it('begins anew where the evidence changed in between: nobody approved what is shown now', async () => {
    const approval = { kind: 'required', roles: ['reviewer'], quorum: 2, remindAfterMs: DAY, expireAfterMs: 9 * DAY };
    scene.answer(declares({ ...canaryIn('production', { strategy: 'immediate' }), approval: approval as never }));
    const earlier: (readonly string[])[] = [];
    scene.answer({
      verifyDecision: ({ statement, earlier: judged }) => {
        earlier.push(judged.map(({ jti }) => jti));
        if (!statement.endsWith('changed')) return { record: judge(statement), evidenceChanged: false };
        return {
          record: { ...judge(statement), counted: false, refusal: 'statement_mismatch' },
          evidenceChanged: true,
        };
      },
    });
    const release = await releaseOf(scene, 'voided', 'c', 1);
    await untilView(release, ({ waiting }) => waiting !== undefined);
    const decide = async (statement: string) =>
      (await release.executeUpdate(decideUpdate, { args: [{ statement }] })).state;
    assert.equal(await decide('approve first j1'), 'waiting');
    await assert.rejects(decide('approve second changed'), WorkflowUpdateFailedError);
    assert.equal(await decide('approve second j2'), 'waiting', 'one of two, because the first is void');
    assert.equal(await decide('approve first j3'), 'approved');
    assert.deepEqual(earlier, [[], ['j1'], [], ['j2']]);
    const view = await scene.endOf<ReleaseView>(release);
    assert.deepEqual([view.outcome, view.artifactDigest], ['promoted', digest('c')]);
  });
});
