import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, describe, it } from 'node:test';
import { readSteps } from '../../activities/stepStories.js';
import { createDirectoryBlobStore } from '../fakes/directoryBlobStore.js';
import type { BuilderJob } from '../fixtures/builderProcess.js';
import { eventually } from '../fixtures/eventually.js';
import { ferries, MODEL, openBuildScene, outcomeOf, ranOf } from './buildScene.js';

const OUTPUTS = 'build/model.onnx, build/evaluation.csv, build/reference.csv, build/report.json';
const WRITE =
  'mkdir -p build\nfor f in model.onnx evaluation.csv reference.csv report.json; do echo x > build/$f; done\n';

/** A trainer that is told by its checkpoint how far it came. */
const training = (script: string, more = 'checkpoint: state'): Readonly<Record<string, string>> => ({
  ...ferries(
    `  steps:\n    - { name: train, run: sh train.sh, inputs: [train.sh, rows.txt], outputs: [${OUTPUTS}], ${more} }\n`,
  ),
  'rows.txt': 'rows\n',
  'train.sh': script,
});

/** Fails at first, and passes where it finds what it kept. */
const ONCE = `if [ -e state/epoch ]; then echo "goes on at $(cat state/epoch)"; else echo clean; echo 3 > state/epoch; exit 1; fi
${WRITE}`;

const kept = (keys: Iterable<string>): readonly string[] =>
  [...keys].filter((key) => key.startsWith('step-checkpoints/'));

describe('a worker that is killed while a step trains', () => {
  const scene = openBuildScene();
  const builders: ChildProcess[] = [];
  after(() => {
    for (const builder of builders) builder.kill('SIGKILL');
    scene.close();
  });

  it('leaves to another one what the step had kept', async () => {
    const { repository } = scene;
    const commit = repository.commit(
      training(`if [ -e state/epoch ]; then echo "goes on at $(cat state/epoch)"; else
echo 3 > state/epoch.new; mv state/epoch.new state/epoch
while :; do sleep 0.1; done
fi
${WRITE}`),
    );
    const store = createDirectoryBlobStore(join(scene.folder, 'store'));
    const releaseId = `release/${MODEL}/${commit}`;
    const builder = (attempt: number) => {
      const folder = mkdtempSync(join(scene.folder, 'builder-'));
      mkdirSync(join(folder, 'work'));
      const job: BuilderJob = {
        input: { releaseId, model: MODEL, repository: MODEL, commit, params: {} },
        ...{ attempt, folder, store: join(scene.folder, 'store') },
        ...{ repository: repository.directory, sources: scene.folder },
      };
      const program = fileURLToPath(new URL('../fixtures/builderProcess.js', import.meta.url));
      const started = spawn(process.execPath, [program, JSON.stringify(job)], { stdio: 'inherit' });
      builders.push(started);
      return started;
    };
    const index = `step-checkpoints/${MODEL}/${commit}/train/index.json`;

    const first = builder(1);
    await eventually(async () => assert.notEqual(await store.getDocument(index), undefined), 20_000);
    const killed = once(first, 'exit');
    first.kill('SIGKILL');
    await killed;
    const [code] = (await once(builder(2), 'exit')) as [number | null];
    assert.equal(code, 0);

    const keys = await store.listDocuments(`releases/${MODEL}/${commit}/logs/build.2/0`);
    const segments = await Promise.all(keys.map((key) => store.getDocument(key)));
    assert.match(
      segments.map((segment) => new TextDecoder().decode(segment)).join(''),
      /train: goes on from its checkpoint: 1 file in state\n[^]*goes on at 3\n/,
    );
    const [story] = await readSteps(store, releaseId);
    assert.deepEqual(
      story?.attempts.map(({ number, passed, continued }) => [number, passed, continued]),
      [[1, true, true]],
    );
    assert.deepEqual(story?.outputs.map(({ path }) => path).sort(), OUTPUTS.split(', ').sort());
    assert.deepEqual(await store.listDocuments('step-checkpoints/'), [], 'nothing is kept of a step that succeeded');
  });
});

describe('the checkpoint of a step', () => {
  const scene = openBuildScene();
  after(scene.close);
  const { store } = scene.ports;
  const failed = async (commit: string) => {
    const build = await scene.build(commit);
    assert.ok(build.outcome instanceof Error);
    return build.releaseId;
  };

  it('is there for the next attempt of the same release, and counts for no key', async () => {
    const commit = scene.repository.commit(training(ONCE));
    const releaseId = await failed(commit);
    const { outcome, steps, log } = await scene.build(commit, {}, { releaseId, attempt: 2 });
    outcomeOf(outcome);
    assert.match(log, /goes on at 3/);
    assert.deepEqual(kept(store.objects.keys()), []);
    const without = scene.repository.commit(training(ONCE, 'timeout: 1m'));
    const other = await scene.build(without);
    assert.deepEqual(ranOf(other.steps), [], 'the same step without it is the same step');
    assert.equal(other.steps[0]?.key, steps[0]?.key);
  });

  it('is not there for another release of the same commit', async () => {
    const commit = scene.repository.commit(training(`${ONCE}# another\n`));
    const releaseId = await failed(commit);
    const before = kept(store.objects.keys());
    assert.ok(before.length > 1);
    const other = await scene.build(commit);
    assert.ok(other.outcome instanceof Error);
    assert.match(other.log, /^clean$/m);
    assert.deepEqual(
      kept(store.objects.keys()).filter((key) => key.includes(releaseId.replace('release/', ''))),
      before,
    );
  });

  it('is not there when anything that the step depends on has changed', async () => {
    const commit = scene.repository.commit(training(`${ONCE}# one more\n`));
    const releaseId = await failed(commit);
    const { log } = await scene.build(commit, { 'data.days': 3 }, { releaseId, attempt: 2 });
    assert.match(log, /^clean$/m);
  });

  it('serves the attempts that the step asks for, which tell that they went on', async () => {
    const commit = scene.repository.commit(training(`${ONCE}# retried\n`, 'checkpoint: state, retries: 1'));
    const { outcome, steps } = await scene.build(commit);
    outcomeOf(outcome);
    assert.deepEqual(
      steps[0]?.attempts.map(({ passed, continued }) => [passed, continued]),
      [
        [false, undefined],
        [true, true],
      ],
    );
  });

  it('is not gone on from when any of it was damaged', async () => {
    const commit = scene.repository.commit(training(`${ONCE}# damaged\n`));
    const releaseId = await failed(commit);
    const piece = kept(store.objects.keys()).find((key) => key.includes(releaseId.slice(8)) && !key.endsWith('.json'));
    store.damage(piece ?? '');
    const { log } = await scene.build(commit, {}, { releaseId, attempt: 2 });
    assert.match(log, /train: starts clean: a piece of the checkpoint of train is lost or damaged\n[^]*clean\n/);
  });

  it('is not saved with a link in it, and the step does not fail for that', async () => {
    const commit = scene.repository.commit(
      training(
        `ln -s /etc state/last\nif [ -e tried ]; then ${WRITE}else touch tried; exit 1; fi\n`,
        'checkpoint: state, retries: 1',
      ),
    );
    const { outcome, log } = await scene.build(commit);
    outcomeOf(outcome);
    assert.match(log, /train: its checkpoint is not saved: last in it is no file/);
  });

  it('spoils the cache for nobody: made while the step read something else, its run counts for this release alone', async () => {
    const commit = scene.repository.commit(training(`[ -e state/epoch ] || echo poison > rows.txt\n${ONCE}# poison\n`));
    const releaseId = await failed(commit);
    const { outcome, log, steps } = await scene.build(commit, {}, { releaseId, attempt: 2 });
    outcomeOf(outcome);
    assert.match(log, /goes on at 3[^]*will not be skipped by this run: it went on from a checkpoint/);
    const hex = steps[0]?.key?.slice('sha256:'.length) ?? 'none';
    assert.deepEqual(
      [...store.objects.keys()].filter((key) => key.startsWith('cache/') && key.endsWith(`${hex}.json`)),
      [],
    );
  });
});
