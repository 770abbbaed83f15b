import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { ReleaseView } from '../../src/domain/release/types.js';
import { eventually } from '../fixtures/eventually.js';
import { ferryFiles, ferrySpec, openProduct, type Product } from '../fixtures/product.js';

const TRAIN = 'run: node pipeline/train.mjs, timeout: 1m';
const TIDE = 'test/tide.test.mjs';
const build = (command: string, timeout = '1m') =>
  ferrySpec({ [TRAIN]: `run: ${JSON.stringify(command)}, timeout: ${timeout}` });

describe('given a commit whose steps go wrong', () => {
  let product: Product;
  before(async () => {
    product = await openProduct({ workers: 1 });
  });
  after(() => product.close());

  const release = async (files: Readonly<Record<string, string>>): Promise<ReleaseView> =>
    product.untilEnded(await product.releaseOf(product.repository.commit(ferryFiles({ [TIDE]: null, ...files }))));
  /** What a person sees of the failed release; its stage must be the one that failed, and nothing after it ran. */
  const shown = async (view: ReleaseView, stage: string): Promise<string> => {
    assert.equal(view.outcome, 'failed', JSON.stringify(view));
    const touched = view.stages.filter(({ status }) => status !== 'skipped');
    assert.deepEqual([touched.at(-1)?.name, touched.at(-1)?.status], [stage, 'failed']);
    const { exit, stdout } = await product.say(['release', 'show', view.commit, '--wait']);
    assert.equal(exit, 1);
    assert.doesNotMatch(stdout, /Activity task failed/);
    return stdout;
  };
  const statusOf = (commit: string, context: string): { state: string; description: string } | undefined =>
    (
      JSON.parse(readFileSync(join(`${product.repository.directory}.slipway/status`, `${commit}.json`), 'utf8')) as {
        statuses: Record<string, { state: string; description: string }>;
      }
    ).statuses[context];
  const assertNothingServes = async (): Promise<void> => {
    const { output } = await product.slipway(['status']);
    const { environments } = output as { environments: readonly { champion?: unknown }[] };
    assert.deepEqual(
      environments.filter(({ champion }) => champion !== undefined),
      [],
    );
  };

  it('when a unit test fails, then its name and the counts are told, in the evidence too, and the commit is marked', async () => {
    const view = await release({
      [TIDE]: "import { test } from 'node:test';\ntest('the tide turns', () => { throw new Error('it did not'); });\n",
    });
    const text = await shown(view, 'integrate');
    assert.match(text, /failed, checks_failed: unit exited with code 1; 1 of 2 tests failed: the tide turns/);
    const evidence = (await (
      await product.request('GET', `/api/v1/releases/${view.model}/${view.commit}/evidence`)
    ).json()) as { stages: { integrate: { checks: { durationMs: number; tests: { durationMs: number } }[] } } };
    const [check] = evidence.stages.integrate.checks;
    const { durationMs, ...tests } = check?.tests ?? { durationMs: 0 };
    assert.deepEqual(tests, { total: 2, skipped: 0, failing: ['the tide turns'] });
    assert.ok(durationMs > 0 && (check?.durationMs ?? 0) > 0, JSON.stringify(check));
    assert.equal(statusOf(view.commit, 'slipway/integrate')?.state, 'failure');
    assert.match(statusOf(view.commit, 'slipway/integrate')?.description ?? '', /the tide turns/);
  });

  it('when a step exits with a code, then the code and its last lines are told', async () => {
    const view = await release({ 'slipway.yaml': build('echo the sea is rough; exit 7') });
    assert.match(view.reason ?? '', /^step_failed: train exited with code 7; its last lines:\nthe sea is rough$/);
    assert.match(await shown(view, 'build'), /What to do: Read its last lines/);
    // The outcome is told before it is recorded everywhere.
    await eventually(() => assert.equal(statusOf(view.commit, 'slipway/release')?.state, 'failure'));
  });

  it('when a step is killed, then the signal is told', async () => {
    const view = await release({ 'slipway.yaml': build('echo going down; kill -KILL $$') });
    assert.match(view.reason ?? '', /^step_failed: train was killed by SIGKILL; its last lines:\ngoing down$/);
    await shown(view, 'build');
  });

  it('when a step runs past its timeout, then the limit and its last lines are told', async () => {
    const view = await release({ 'slipway.yaml': build('echo still at sea; sleep 600', '1s') });
    assert.match(view.reason ?? '', /^step_timeout: train ran past its timeout of 1 s; its last lines:\nstill at sea$/);
    assert.match(await shown(view, 'build'), /What to do: Make it faster, or raise its timeout in slipway\.yaml/);
  });

  it('when a step writes no output, then the file that is missing is named', async () => {
    const view = await release({ 'slipway.yaml': build('true') });
    assert.equal(view.reason, 'output_missing: the build did not write build/model.onnx');
    assert.match(await shown(view, 'build'), /What to do: Write the file named, or correct its path under artifact/);
  });

  it('when a step writes a gigabyte of log, then the log is capped and says so, and the last lines are there', async () => {
    const view = await release({
      'slipway.yaml': build('yes "wave after wave" | head -c 1073741824; echo; echo the last wave; exit 3'),
    });
    assert.match(
      view.reason ?? '',
      /^step_failed: train exited with code 3; the log was capped[^]*; its last lines:\n[^]*\nthe last wave$/,
    );
    assert.match(view.reason ?? '', /the log was capped: 1024 MiB were written, the first 16 MiB are kept/);
    assert.match(await shown(view, 'build'), /its last lines:\n…\n(.*\n){9}the last wave\n/);
    const { exit, stdout } = await product.say(['release', 'logs', view.commit, '--stage', 'build']);
    assert.equal(exit, 0);
    assert.match(stdout, /\[the log was capped: 1024 MiB were written, the first 16 MiB are kept\]/);
    assert.ok(stdout.length < 17 * 1024 * 1024, `${stdout.length} bytes`);
  });

  it('when the model is no ONNX, then it is refused before it is deployed', async () => {
    const view = await release({
      'slipway.yaml': build("node pipeline/train.mjs && printf 'a boat is no model' > build/model.onnx"),
    });
    assert.match(view.reason ?? '', /^model_invalid: /);
    assert.match(await shown(view, 'package'), /What to do: Export an ONNX model/);
    await assertNothingServes();
  });

  it('when the model has other inputs than declared, then each difference is told, and it is not deployed', async () => {
    const view = await release({
      'slipway.yaml': ferrySpec({
        '{ name: wind, type: number, log: value }': '{ name: gale, type: integer, log: value }',
      }),
    });
    assert.match(
      view.reason ?? '',
      /^signature_mismatch: the model has an input wind that slipway\.yaml does not declare\nslipway\.yaml declares gale/,
    );
    await shown(view, 'package');
    await assertNothingServes();
  });
});
