import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { digestOf } from '../../src/contract/canonicalDigest.js';
import type { StepRecord } from '../../src/domain/build/types.js';
import { ferries, MODEL, openBuildScene, outcomeOf, ranOf } from './buildScene.js';

describe('a build of the ferries, whose steps say what they read and write', () => {
  const scene = openBuildScene();
  after(scene.close);
  const files = ferries();
  let first: string;
  before(async () => {
    const { steps, outcome, releaseId } = await scene.build(scene.repository.commit(files));
    outcomeOf(outcome);
    first = releaseId;
    assert.deepEqual(ranOf(steps), ['data', 'train']);
  });
  /** Builds the first commit, which is skipped, and then the same with these changes and nothing else. */
  const changed = async (changes: Readonly<Record<string, string>>) => {
    assert.deepEqual(ranOf((await scene.build(scene.repository.commit(files))).steps), []);
    return scene.build(scene.repository.commit({ ...files, ...changes }));
  };
  const edit = (path: string, from: string, to: string): Readonly<Record<string, string>> => {
    assert.ok(files[path]?.includes(from), `${path} contains ${from}`);
    return { [path]: (files[path] ?? '').replace(from, to) };
  };

  it('runs nothing when nothing changed, and leaves the same artifact', async () => {
    const one = await changed({});
    const commit = scene.repository.commit({ ...files, 'README.md': 'words' });
    const other = await scene.build(commit);
    const again = await scene.build(commit);
    assert.deepEqual(
      [one, other, again].flatMap(({ steps }) => ranOf(steps)),
      [],
    );
    assert.deepEqual(outcomeOf(again.outcome), outcomeOf(other.outcome));
    // Of another commit the files are the same; the list of packages names the commit, and the evidence the list.
    const { packages: _, evidence: __, ...written } = outcomeOf(one.outcome);
    assert.deepEqual({ ...outcomeOf(other.outcome), ...written }, outcomeOf(other.outcome));
    assert.ok(one.steps.every((step) => step.from === first && step.reason.includes(first)));
  });

  it('runs nothing when a comment changed outside the inputs', async () => {
    const { steps } = await changed(edit('test/logistic.test.mjs', 'import', '// a comment\nimport'));
    assert.deepEqual(ranOf(steps), []);
  });

  it('runs the one step that reads a changed file', async () => {
    const { steps } = await changed(edit('lib/logistic.mjs', 'round < 12', 'round < 11'));
    assert.deepEqual(ranOf(steps), ['train']);
    assert.equal(steps[1]?.reason, 'lib/logistic.mjs changed');
  });

  it('runs what depends on one changed parameter', async () => {
    const { steps } = await changed(edit('slipway.yaml', 'data.days: 12', 'data.days: 10'));
    assert.deepEqual(ranOf(steps), ['data', 'train']);
    assert.equal(steps[0]?.reason, 'parameter data.days changed from 12 to 10');
    assert.equal(steps[1]?.cause?.kind, 'changed');
    assert.deepEqual(ranOf((await scene.build(scene.repository.commit(files), { 'data.days': 10 })).steps), []);
  });

  it('runs what depends on one changed row of data', async () => {
    const rows = (files['data/history.csv'] ?? '').trimEnd().split('\n');
    const last = rows.at(-1) ?? '';
    const { steps } = await changed({
      'data/history.csv': [...rows.slice(0, -1), last.replace(/.$/, (label) => (label === '1' ? '0' : '1')), ''].join(
        '\n',
      ),
    });
    assert.deepEqual(ranOf(steps), ['data', 'train']);
    assert.equal(steps[0]?.reason, 'data/history.csv changed');
  });

  it('stops where a changed step writes what it wrote before', async () => {
    const { steps } = await changed(edit('pipeline/data.mjs', '// Every other row', '// Each other row'));
    assert.deepEqual(ranOf(steps), ['data']);
    assert.equal(steps[1]?.outcome, 'skipped');
  });

  it('gives a step no parameter that it does not declare', async () => {
    const spy = edit(
      'pipeline/train.mjs',
      'const weights',
      "console.log(`params ${await (await import('node:fs/promises')).readFile(process.env.SLIPWAY_PARAMS_FILE, 'utf8')}`);\nconst weights",
    );
    const { log } = await changed(spy);
    assert.match(log, /params \{\}/);
  });

  it('runs a step again whose outputs were damaged, and says so', async () => {
    const one = await changed({});
    const model = one.steps[1]?.outputs.find(({ path }) => path === 'build/model.onnx');
    scene.ports.store.damage(`blobs/sha256/${model?.digest.slice('sha256:'.length)}`);
    const other = await scene.build(scene.repository.commit({ 'README.md': 'words again' }));
    assert.deepEqual(ranOf(other.steps), ['train']);
    assert.match(other.steps[1]?.reason ?? '', /no longer in the store as the ledger has them/);
    scene.ports.store.damage(`blobs/sha256/${model?.digest.slice('sha256:'.length)}`);
  });
});

describe('a record in the cache', () => {
  const scene = openBuildScene();
  after(scene.close);
  const { store, ledger } = scene.ports;
  const { repository } = scene;
  let words = 0;
  const next = () => scene.build(repository.commit({ 'README.md': `words ${(words += 1)}` }));
  const recordOf = async (step: string): Promise<{ readonly name: string; readonly record: StepRecord }> => {
    const names = await store.listDocuments(`cache/branch.main/${MODEL}/${step}/`);
    const name = names.find((one) => /[0-9a-f]{64}\.json$/.test(one)) ?? '';
    return { name, record: JSON.parse(new TextDecoder().decode(await store.getDocument(name))) as StepRecord };
  };
  const forge = async (name: string, record: unknown): Promise<void> =>
    store.putDocument(name, new TextEncoder().encode(JSON.stringify(record)), 'application/json');

  before(async () => {
    outcomeOf((await scene.build(repository.commit(ferries()))).outcome);
  });

  it('is vouched for by the ledger of the release that ran it, which is read once for all steps', async () => {
    const { record } = await recordOf('train');
    const kept = (await ledger.read(record.releaseId)).filter(({ kind }) => kind === 'kept.step');
    assert.deepEqual(
      kept.map(({ body }) => [body['scope'], body['step']]),
      ['data', 'train'].map((step) => ['branch.main', step]),
    );
    const asked: string[] = [];
    const read = ledger.read;
    ledger.read = (stream) => (asked.push(stream), read(stream));
    try {
      assert.deepEqual(ranOf((await next()).steps), []);
    } finally {
      ledger.read = read;
    }
    assert.deepEqual(asked, [record.releaseId]);
  });

  it('is not taken where somebody changed it: the step runs, and the artifact is its own', async () => {
    const honest = outcomeOf((await next()).outcome).model.digest;
    const { digest } = await store.putBlob(new TextEncoder().encode('weights of who can write to the store'));
    const { name, record } = await recordOf('train');
    const outputs = record.outputs.map((file) => (file.path === 'build/model.onnx' ? { ...file, digest } : file));
    await forge(name, { ...record, outputs });
    const { steps, outcome } = await next();
    assert.deepEqual(ranOf(steps), ['train']);
    assert.equal(outcomeOf(outcome).model.digest, honest);
    assert.deepEqual(ranOf((await next()).steps), [], 'its new record is vouched for');
  });

  it('is none where it is no JSON: the step runs, and leaves a sound one', async () => {
    const { name } = await recordOf('train');
    await store.putDocument(name, new TextEncoder().encode('{"key":'), 'application/json');
    assert.deepEqual(ranOf((await next()).steps), ['train']);
    assert.deepEqual(ranOf((await next()).steps), []);
  });

  it('is not taken where its release never wrote it down, or is of another branch, model or kind', async () => {
    const { name, record } = await recordOf('train');
    for (const releaseId of [`release/${MODEL}/older`, 'release/other/c', `environment/${MODEL}/test`, 5]) {
      await forge(name, { ...record, releaseId });
      assert.deepEqual(ranOf((await next()).steps), ['train'], String(releaseId));
    }
    const digest = digestOf(record);
    await ledger.append(`release/${MODEL}/foreign`, 'kept', 'kept.step', 1, {
      ...{ scope: 'branch.elsewhere', step: 'train', key: record.key },
      record: digestOf({ ...record, releaseId: `release/${MODEL}/foreign` }),
    });
    await forge(name, { ...record, releaseId: `release/${MODEL}/foreign` });
    assert.deepEqual(ranOf((await next()).steps), ['train'], digest);
  });

  it('is not taken from a ledger whose chain was changed', async () => {
    const { record } = await recordOf('train');
    const read = ledger.read;
    ledger.read = async (stream) => (stream === record.releaseId ? (await read(stream)).slice(1) : read(stream));
    try {
      assert.deepEqual(ranOf((await next()).steps).includes('train'), true);
    } finally {
      ledger.read = read;
    }
  });
});

describe('the cache of a branch', () => {
  const scene = openBuildScene();
  after(scene.close);

  it('is read by what is on no watched branch, and written only by what is', async () => {
    const { repository } = scene;
    const main = repository.commit(ferries());
    repository.git('checkout', '--quiet', '-b', 'elsewhere');
    const stranger = repository.commit({ 'lib/units.mjs': 'export const LOAD_SIGN = -1;\n' });
    repository.git('checkout', '--quiet', 'main');
    const keys = (): readonly string[] =>
      [...scene.ports.store.objects.keys()].filter((key) => key.startsWith('cache/'));

    const fromElsewhere = await scene.build(stranger);
    outcomeOf(fromElsewhere.outcome);
    assert.deepEqual(keys(), [], 'a branch that nobody watches leaves nothing');
    await scene.build(main);
    assert.ok(keys().length > 0 && keys().every((key) => key.startsWith(`cache/branch.main/${MODEL}/`)));
    assert.deepEqual(ranOf((await scene.build(stranger)).steps), ['data', 'train']);
    // The same content on the watched branch was built by the stranger before; that counts for nothing.
    const same = repository.commit({ 'lib/units.mjs': 'export const LOAD_SIGN = -1;\n' });
    assert.deepEqual(ranOf((await scene.build(same)).steps), ['data', 'train']);
    assert.deepEqual(ranOf((await scene.build(stranger)).steps), [], 'the stranger may read what the branch has left');
  });
});
