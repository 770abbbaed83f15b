import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Connection } from '@temporalio/client';
import type { StepStory } from '../../src/domain/build/story.js';
import type { ReleaseView } from '../../src/domain/release/types.js';
import { DECLARED, ferries } from '../activities/buildScene.js';
import { openProduct, type Product } from '../fixtures/product.js';

describe('given a release whose build failed for a reason outside the repository', () => {
  let product: Product;
  let marker = '';
  before(async () => {
    product = await openProduct();
    marker = join(product.shared, 'licence');
  });
  after(() => product.close());
  const steps = async (release: string): Promise<readonly StepStory[]> => {
    const answer = await product.request('GET', `/api/v1/releases/${release}/steps`);
    return ((await answer.json()) as { steps: readonly StepStory[] }).steps;
  };
  /** The engine forgets the release, as it does when its retention has passed. */
  const forget = async (workflowId: string): Promise<void> => {
    const { address = '' } = product.state().processes.find(({ name }) => name === 'temporal') ?? {};
    const connection = await Connection.connect({ address });
    try {
      await connection.workflowService.deleteWorkflowExecution({
        namespace: 'default',
        workflowExecution: { workflowId },
      });
    } finally {
      await connection.close();
    }
  };

  it('when it is resumed after the engine forgot it, then it goes on at the failed step, as the same release', async () => {
    const guarded = DECLARED.replace(
      'run: node pipeline/train.mjs',
      `run: test -e ${marker} && node pipeline/train.mjs`,
    );
    const commit = product.repository.commit(ferries(guarded));
    const release = await product.releaseOf(commit);
    const failed = await product.untilEnded(release);
    assert.equal(failed.outcome, 'failed', failed.reason);
    assert.match(failed.reason ?? '', /step_failed: train/);
    await forget(failed.releaseId);
    writeFileSync(marker, '');

    const { exit, output, stderr } = await product.slipway(['release', 'resume', release, '--wait']);
    const resumed = output as ReleaseView;
    // What its first telling ended with is in the store until the second one has begun.
    assert.deepEqual([exit, resumed.outcome, resumed.resumed], [0, 'promoted', 1], stderr);
    assert.equal(resumed.startedAt, failed.startedAt, 'it is the same release');

    const [integrateBefore, integrateAfter] = [failed, resumed].map((view) => view.stages[0]);
    assert.deepEqual(integrateAfter, integrateBefore, 'its checks did not run again');
    const [data, train] = await steps(release);
    assert.deepEqual([data?.outcome, data?.attempts.length], ['ran', 1], 'the step before was not run again');
    assert.deepEqual(
      train?.attempts.map(({ number, passed }) => [number, passed]),
      [
        [1, false],
        [2, true],
      ],
    );
    assert.equal(train?.flaky, true, 'the same inputs had two verdicts');
    const why = await product.slipway(['why', 'train', '--release', release]);
    assert.equal((why.output as StepStory).flaky, true);

    const again = await product.slipway(['release', 'resume', release]);
    assert.equal(again.exit, 3);
    assert.match(again.stderr, /not_resumable.*it is promoted/);
  });

  it('when the branch has moved on, then resuming says what changed, and refuses unless told', async () => {
    rmSync(marker, { force: true });
    const guarded = DECLARED.replace(
      'run: node pipeline/train.mjs',
      `run: test -e ${marker} && node pipeline/train.mjs`,
    );
    const old = product.repository.commit(ferries(`${guarded}      env: { ROUND: '2' }\n`));
    const release = await product.releaseOf(old);
    assert.equal((await product.untilEnded(release)).outcome, 'failed');
    product.repository.commit({ 'lib/units.mjs': 'export const LOAD_SIGN = +1;\n' });

    const refused = await product.slipway(['release', 'resume', release]);
    assert.equal(refused.exit, 3);
    assert.match(refused.stderr, /source_changed.*code \(lib\/units\.mjs\)/);
    assert.equal((await product.show(release)).outcome, 'failed');
    const told = await product.slipway(['release', 'resume', release, '--anyway']);
    assert.equal(told.exit, 0, told.stderr);
    const { from, number, changed } = told.output as { from: string; number: number; changed: readonly string[] };
    assert.deepEqual([from, number, changed], ['build', 1, ['code (lib/units.mjs)']]);
  });
});
