import assert from 'node:assert/strict';
import { existsSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { ReleaseView } from '../../src/domain/release/types.js';
import { eventually } from '../fixtures/eventually.js';
import { ferryFiles, ferrySpec, openProduct, type Product } from '../fixtures/product.js';

const MISTAKES = {
  'an unknown key': {
    spec: { 'checks:\n': 'cheks: []\nchecks:\n' },
    told: /slipway\.yaml:6:1: cheks: .*did you mean checks\?/,
  },
  'a duplicate key': {
    spec: { 'gates:\n': 'model: other\ngates:\n' },
    told: /slipway\.yaml:34:1: the key model is written twice/,
  },
  'a wrong type': {
    spec: { 'minRows: 500': 'minRows: many' },
    told: /slipway\.yaml:36:14: gates\[0\]\.minRows: .*expected/,
  },
  'a threshold that can never hold': {
    spec: { 'max: 0.25': 'max: 25' },
    told: /slipway\.yaml:38:31: gates\[0\]\.rules\[0\]\.max: brier can never be 25 \(expected a threshold from 0 to 1\)/,
  },
  'brackets that do not close': {
    spec: { 'owners: [oncall, reviewer]': 'owners: [oncall' },
    told: /slipway\.yaml:\d+:\d+: .*expected/,
  },
  'three mistakes at once': {
    spec: { 'minRows: 500': 'minRows: many', 'max: 0.25': 'max: 25', 'gates: [quality]': 'gates: [qualty]' },
    told: /slipway\.yaml:36:14: [^]*slipway\.yaml:38:31: [^]*slipway\.yaml:43:\d+: .*did you mean quality\?/,
  },
} as const;

describe('given a commit whose slipway.yaml cannot be used', () => {
  let product: Product;
  before(async () => {
    product = await openProduct({ workers: 1 });
  });
  after(() => product.close());

  const release = async (files: Readonly<Record<string, string | null>>): Promise<ReleaseView> =>
    product.untilEnded(await product.releaseOf(product.repository.commit(ferryFiles(files))));
  const statusOf = (commit: string): Readonly<Record<string, { state: string; description: string }>> =>
    (
      JSON.parse(readFileSync(join(`${product.repository.directory}.slipway/status`, `${commit}.json`), 'utf8')) as {
        statuses: Record<string, { state: string; description: string }>;
      }
    ).statuses;
  const assertNothingStarted = async (view: ReleaseView): Promise<void> => {
    assert.deepEqual(
      view.stages.filter(({ status }) => status !== 'skipped').map(({ name, status }) => [name, status]),
      [['integrate', 'failed']],
    );
    assert.equal(view.artifactDigest, undefined);
    assert.equal(statusOf(view.commit)['slipway/integrate']?.state, 'failure');
    // The outcome is told before it is recorded everywhere.
    await eventually(() => assert.equal(statusOf(view.commit)['slipway/release']?.state, 'failure'));
  };

  for (const [mistake, { spec, told }] of Object.entries(MISTAKES)) {
    it(`when it has ${mistake}, then validate and the release name the place in the same words`, async () => {
      const view = await release({ 'slipway.yaml': ferrySpec(spec) });
      const validated = await product.say(['validate', product.repository.directory]);
      assert.equal(validated.exit, 2, validated.stderr);
      const words = validated.stdout.replaceAll(`${product.repository.directory}/`, '').trimEnd();
      assert.match(words, told);
      assert.deepEqual([view.outcome, view.reason], ['failed', `spec_invalid: ${words}`]);
      await assertNothingStarted(view);
      const shown = await product.say(['release', 'show', view.commit]);
      for (const line of words.split('\n')) assert.ok(shown.stdout.includes(line), shown.stdout);
      assert.match(shown.stdout, /What to do: Correct the lines named; `slipway validate` checks the working copy/);
    });
  }

  it("when an environment is not the operator's, then validate, plan and the release say so before anybody is asked", async () => {
    const view = await release({ 'slipway.yaml': ferrySpec({ 'name: production': 'name: prodution' }) });
    const validated = await product.say(['validate', product.repository.directory]);
    assert.equal(validated.exit, 2, validated.stderr);
    const words = validated.stdout.replaceAll(`${product.repository.directory}/`, '').trimEnd();
    assert.match(
      words,
      /^slipway\.yaml:\d+:\d+: environments\[1\]\.name: there is no environment "prodution" \(expected one of .*; did you mean production\?\)$/,
    );
    assert.deepEqual([view.outcome, view.reason], ['failed', `unknown_environment: ${words}`]);
    await assertNothingStarted(view);
    const planned = await product.say(['plan', product.repository.directory]);
    assert.equal(planned.exit, 8, planned.stdout);
    // After its line of progress.
    assert.ok(planned.stderr.includes(`\nunknown_environment: ${words}\nCorrect the name, or let`), planned.stderr);
  });

  it('when there is none, then both say so, and where it is described', async () => {
    const view = await release({ 'slipway.yaml': null });
    assert.match(view.reason ?? '', /^spec_missing: .* has no slipway\.yaml$/);
    await assertNothingStarted(view);
    const validated = await product.say(['validate', product.repository.directory]);
    assert.equal(validated.exit, 2);
    assert.match(validated.stdout, /slipway\.yaml: there is no such file; docs\/spec\.md describes it/);
    const waited = await product.say(['release', 'show', view.commit, '--wait']);
    assert.equal(waited.exit, 1);
    assert.match(waited.stdout, /What to do: Add slipway\.yaml to the root of the repository/);
  });

  it('when the commit does not exist, then its release is refused', async () => {
    const { exit, stderr } = await product.say(['release', 'start', '--commit', 'f'.repeat(40), '--wait']);
    assert.equal(exit, 8);
    assert.match(stderr, /^unknown_commit: ferry-delay has no commit f{40}\nPush the commit/);
  });

  it('when the repository is gone, then a start says so, and a release that had begun fails with the reason', async () => {
    const { directory } = product.repository;
    const away = `${directory}-away`;
    const lost = product.repository.commit(ferryFiles());
    await product.untilEnded(await product.releaseOf(lost));
    const worker = product.pidOf('worker-1');
    process.kill(worker, 'SIGSTOP');
    try {
      const started = await product.say(['release', 'start', '--commit', lost, '--param', 'data.days=11']);
      assert.equal(started.exit, 0, started.stderr);
      renameSync(directory, away);
      renameSync(join(product.home, 'mirrors'), join(product.home, 'mirrors-away'));
    } finally {
      process.kill(worker, 'SIGCONT');
    }
    const waited = await product.say(['release', 'show', 'latest', '--wait']);
    assert.equal(waited.exit, 1, waited.stderr);
    assert.match(waited.stdout, /failed, repository_unreachable: there is no repository at/);
    assert.match(waited.stdout, /What to do: Check its address and rights/);
    const refused = await product.say(['release', 'start']);
    assert.equal(refused.exit, 9);
    assert.match(refused.stderr, /repository_unreachable/);
    renameSync(away, directory);
    assert.ok(existsSync(directory));
    const again = await product.say(['release', 'start', '--commit', lost, '--param', 'data.days=10', '--wait']);
    assert.equal(again.exit, 0, again.stdout + again.stderr);
  });
});
