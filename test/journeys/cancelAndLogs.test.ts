import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { eventually } from '../fixtures/eventually.js';
import { ferryFiles, ferrySpec, openProduct, type Product } from '../fixtures/product.js';
import { until } from '../supervisor/scene.js';

/** A child, a grandchild in the background, and one that left the group: each is found by how long it would sleep. */
const SLEEPS = ['86399.25', '86399.50', '86399.75'];
const ENDLESS = `echo cast off; sh -c "sleep ${SLEEPS[0]} & sleep ${SLEEPS[1]}" & setsid sleep ${SLEEPS[2]} & i=0; while true; do i=$((i+1)); echo tick $i; sleep 0.1; done`;

const sleepers = (): readonly string[] =>
  readdirSync('/proc').flatMap((pid) => {
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      return words[0]?.endsWith('sleep') === true && SLEEPS.includes(words[1] ?? '') ? [words[1] ?? ''] : [];
    } catch {
      return [];
    }
  });

describe(
  'given a build that never ends by itself',
  { skip: process.platform !== 'linux' && 'looks into /proc' },
  () => {
    let product: Product;
    before(async () => {
      product = await openProduct({ workers: 1 });
    });
    after(() => product.close());

    it('when its release is cancelled, then every process of it ends, those who wait hear it, and its log is kept', async () => {
      const spec = ferrySpec({ 'run: node pipeline/train.mjs': `run: ${JSON.stringify(ENDLESS)}` });
      const commit = product.repository.commit(ferryFiles({ 'slipway.yaml': spec }));
      const release = await product.releaseOf(commit);
      const followed = product.begin(['release', 'logs', commit, '--follow']);
      const waited = product.begin(['release', 'start', '--commit', commit, '--wait']);
      // Live: the step that writes this has no end.
      await until(() => followed.stdout().includes('tick 3'));
      await eventually(() => assert.deepEqual([...sleepers()].sort(), SLEEPS));
      assert.equal((await product.show(release)).stages.find(({ name }) => name === 'build')?.status, 'running');

      const cancelled = await product.say(['release', 'cancel', commit]);
      assert.equal(cancelled.exit, 0, cancelled.stderr);
      assert.equal(cancelled.stdout, `release/${release} is being cancelled\n`);
      assert.equal(await waited.exit, 10);
      assert.match(waited.stdout(), /: cancelled, cancelled by request/);
      assert.match(waited.stdout(), /build +failed .*cancelled/);
      assert.match(waited.stdout(), /package +skipped/);
      assert.deepEqual(sleepers(), []);

      assert.equal(await followed.exit, 0);
      const kept = await product.say(['release', 'logs', commit]);
      assert.match(kept.stdout, /\$ node pipeline\/data\.mjs\n[^]*cast off\ntick 1\ntick 2\n/);
      // What was written between the last look and the end is in both.
      assert.equal(followed.stdout(), kept.stdout);
      const again = await product.say(['release', 'cancel', commit]);
      assert.equal(again.exit, 0);
      assert.equal(again.stdout, `release/${release} has ended as cancelled: there is nothing to cancel\n`);
    });

    it('when a release ends by itself, then whoever follows its log has all of it', async () => {
      const commit = product.repository.commit(ferryFiles({ 'slipway.yaml': ferrySpec({}) }));
      await product.releaseOf(commit);
      const followed = product.begin(['release', 'logs', commit, '-f']);
      assert.equal(await followed.exit, 0);
      const view = await product.show(`ferry-delay/${commit}`);
      assert.equal(view.outcome, 'promoted');
      assert.match(
        followed.stdout(),
        /\$ mkdir -p reports[^]*\$ node pipeline\/data\.mjs[^]*\$ node pipeline\/train\.mjs[^]*brier 0\./,
      );
      const { output } = await product.slipway(['release', 'logs', commit]);
      assert.deepEqual(output, { releaseId: `release/ferry-delay/${commit}`, log: followed.stdout() });
      const one = await product.say(['release', 'logs', commit, '--stage', 'integrate']);
      assert.doesNotMatch(one.stdout, /train\.mjs/);
    });
  },
);
