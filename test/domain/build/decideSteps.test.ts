import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sayDecision } from '../../../src/domain/build/explainStep.js';
import { inOrder, needsOf } from '../../../src/domain/build/graph.js';
import { decideFromStore } from '../../../src/domain/build/decideSteps.js';
import { describeSteps } from '../../../src/domain/build/describeSteps.js';
import { stepKey } from '../../../src/domain/build/stepKey.js';
import type { Digest } from '../../../src/domain/artifact/types.js';
import type { StepRecord } from '../../../src/domain/build/types.js';
import { build, digestOf, emptyStore, stepOf, type World } from './scene.js';

const LINE: World = {
  steps: [
    stepOf('data', { inputs: ['data.mjs', 'lib'], outputs: ['build/rows'], params: ['days'] }),
    stepOf('train', { inputs: ['train.mjs', 'build/rows'], outputs: ['build/model'], params: ['trees'] }),
    stepOf('report', { inputs: ['report.mjs'], outputs: ['build/report'], params: [] }),
  ],
  files: { 'data.mjs': '1', 'train.mjs': '1', 'report.mjs': '1', 'lib/a.mjs': '1', 'README.md': '1' },
  params: { days: 12, trees: 60 },
  machine: { node: 'v20.20.0' },
};

const said = async (after: World, before: World = LINE, write?: Parameters<typeof build>[2]) => {
  const store = emptyStore();
  await build(before, store, write, 'release/m/first');
  const { planned, ran } = await build(after, store, write, 'release/m/second');
  return { ran, why: Object.fromEntries(planned.map((one) => [one.step, sayDecision(one)])) };
};
const edited = (files: Readonly<Record<string, string>>): World => ({ ...LINE, files: { ...LINE.files, ...files } });

describe('why a step runs', () => {
  it('names the release that its outputs come from where nothing changed', async () => {
    const { ran, why } = await said(edited({ 'README.md': '2' }));
    assert.deepEqual(ran, []);
    assert.equal(why['data'], 'nothing it depends on has changed since release/m/first');
  });

  it('is its command, also where only the network was allowed', async () => {
    const [data, ...rest] = LINE.steps;
    const { why } = await said({ ...LINE, steps: [{ ...data!, network: true }, ...rest] });
    assert.equal(why['data'], 'its command changed');
  });

  it('names the file', async () => {
    const { ran, why } = await said(edited({ 'train.mjs': '2' }));
    assert.deepEqual(ran, ['train', 'report']);
    assert.equal(why['train'], 'train.mjs changed');
    assert.equal(why['report'], 'train runs first: it is skipped when that writes what is known already');
  });

  it('names a file that is new, and one that is gone', async () => {
    const { 'lib/a.mjs': _, ...files } = LINE.files;
    const { why } = await said({ ...LINE, files: { ...files, 'lib/b.mjs': '1' } });
    assert.equal(why['data'], 'lib/a.mjs is gone; lib/b.mjs is new');
  });

  it('names the parameter with both values', async () => {
    const { ran, why } = await said({ ...LINE, params: { ...LINE.params, trees: 90 } });
    assert.deepEqual(ran, ['train', 'report']);
    assert.equal(why['train'], 'parameter trees changed from 60 to 90');
  });

  it('names the machine', async () => {
    const { ran, why } = await said({ ...LINE, machine: { node: 'v22.0.0' } });
    assert.equal(ran.length, 3);
    assert.equal(why['data'], "the worker's node changed");
  });

  it('says that it never ran', async () => {
    const { planned } = await build(LINE, emptyStore());
    assert.equal(sayDecision(planned[0]!), 'it has not run here before');
  });

  it('says that outputs are lost', async () => {
    const store = emptyStore();
    await build(LINE, store);
    store.records.clear();
    const { planned, ran } = await build(LINE, store);
    assert.match(sayDecision(planned[0]!), /no longer in the store/);
    assert.deepEqual(ran, ['data', 'train', 'report']);
  });

  it('names what it is said to write now, and was not, and the reverse', async () => {
    const [data, ...rest] = LINE.steps;
    const writing = (...outputs: readonly string[]): World => ({ ...LINE, steps: [{ ...data!, outputs }, ...rest] });
    const more = await said(writing('build/rows', 'build/more'));
    assert.equal(more.why['data'], 'its output build/more is new');
    assert.deepEqual(more.ran, ['data', 'train', 'report']);
    const { why } = await said(writing('build/rows'), writing('build/rows', 'build/more'));
    assert.equal(why['data'], 'its output build/more is gone');
    const other = await said(writing('build/b', 'build/a'), writing('build/a', 'build/b'));
    assert.equal(other.why['data'], 'what it is said to write changed');
  });

  it('is its missing outputs, and those before it', async () => {
    const { outputs: _, ...silent } = LINE.steps[0]!;
    const world = { ...LINE, steps: [silent, { ...LINE.steps[1]!, inputs: ['train.mjs'] }] };
    const { ran, why } = await said(world, world);
    assert.deepEqual(ran, ['data', 'train']);
    assert.match(why['data'] ?? '', /it declares no outputs/);
    assert.match(why['train'] ?? '', /data before it declares no outputs/);
  });
});

describe('a step that runs and writes the same', () => {
  it('lets those behind it be skipped', async () => {
    const { ran } = await said(edited({ 'data.mjs': 'a comment' }), LINE, (step) => step.name);
    assert.deepEqual(ran, ['data']);
  });
});

describe('a step without inputs', () => {
  it('depends on the whole tree, but not on what steps write', async () => {
    const steps = [stepOf('all', { outputs: ['build/all'] })];
    const world = { ...LINE, steps, files: { ...LINE.files, 'build/all': 'committed by mistake' } };
    const changed = async (files: Readonly<Record<string, string>>) =>
      (await said({ ...world, files: { ...world.files, ...files } }, world)).ran;
    assert.deepEqual(await changed({ 'README.md': '2' }), ['all']);
    assert.deepEqual(await changed({ 'build/all': '2' }), []);
  });
});

describe('the order of steps', () => {
  it('is as written where nothing is needed by name', () => {
    const steps = [stepOf('a'), stepOf('b'), stepOf('c', { needs: [] }), stepOf('d', { needs: ['a'] })];
    assert.deepEqual(
      steps.map(({ name }) => needsOf(steps, name)),
      [[], ['a'], [], ['a']],
    );
  });

  it('puts each behind those it needs', () => {
    const steps = [stepOf('late', { needs: ['early'] }), stepOf('early', { needs: [] })];
    assert.deepEqual(
      inOrder(steps).map(({ name }) => name),
      ['early', 'late'],
    );
  });
});

describe('the key of a step', () => {
  const parts = {
    command: { run: 'make it', env: { SEED: '7' } },
    files: { 'b/\u00e9.mjs': digestOf('b'), 'a.mjs': digestOf('a') },
    data: { 'rows.csv': digestOf('rows') },
    params: { trees: 60 },
    environment: { node: 'v20.20.0' },
    upstream: { 'build/x': digestOf('x') },
  };
  const step = stepOf('all', { outputs: ['build/all'] });

  it('stays what it was, so that what earlier versions kept is still found', () => {
    assert.equal(
      stepKey('m', step, parts, digestOf),
      digestOf({ version: 1, model: 'm', step: 'all', outputs: ['build/all'], parts }),
    );
    assert.equal(
      stepKey('m', step, parts, digestOf),
      'sha256:1cab9cc79b4bff9553da3f54e7c6e5ac4020db742c13416ff977abf54595c794',
    );
  });

  it('counts everything that the step writes', () => {
    const more = stepOf('all', { outputs: ['build/all', 'build/more'] });
    assert.notEqual(stepKey('m', more, parts, digestOf), stepKey('m', step, parts, digestOf));
  });

  it('is made once for each step, however often its question is asked, and the tree is written out once for all', async () => {
    const steps = Array.from({ length: 20 }, (_, index) => stepOf(`s${index}`, { outputs: [`out/${index}`] }));
    let read = 0;
    const tree = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`f${index}`, digestOf(index)] as const));
    const watched = new Proxy(tree, { get: (files, name: string) => ((read += 1), files[name]!) });
    const described = describeSteps(
      { spec: { build: { params: {}, steps } }, tree, params: {}, machine: {} },
      digestOf,
    );
    const facts = Object.fromEntries(
      Object.entries(described.facts).map(([name, fact]) => [name, { ...fact, files: watched }]),
    );
    assert.equal(new Set(Object.values(described.facts).map(({ files }) => files)).size, 1, 'steps share the tree');
    let made = 0;
    const counted = (value: unknown): Digest => {
      made += 1;
      return digestOf(value);
    };
    const find = async (name: string, key: Digest): Promise<StepRecord> => ({
      ...{ step: name, key, parts, releaseId: 'release/m/1', durationMs: 1 },
      outputs: [{ path: `out/${name}`, digest: digestOf(name), size: 1 }],
    });
    const memory = { records: new Map<Digest, StepRecord | null>(), latest: new Map(), ran: new Map() };
    const question = { model: 'm', steps, facts };
    const decisions = await decideFromStore(question, memory, find, counted);
    await decideFromStore(question, memory, find, counted);
    assert.ok(decisions.every(({ kind }) => kind === 'skip'));
    assert.equal(made, 20);
    assert.equal(read, 2 * 50, 'each file is looked at for its value, and for whether it has one');
  });

  it('is made again where a step before it wrote something else', async () => {
    const steps = [stepOf('a', { outputs: ['out/a'] }), stepOf('b', { outputs: ['out/b'] })];
    const { facts } = describeSteps(
      { spec: { build: { params: {}, steps } }, tree: {}, params: {}, machine: {} },
      digestOf,
    );
    const question = { model: 'm', steps, facts };
    const keyAfter = async (text: string) => {
      const ran = new Map([['a', [{ path: 'out/a', digest: digestOf(text), size: 1 }]]]);
      const memory = { records: new Map<Digest, StepRecord | null>(), latest: new Map(), ran };
      const [, b] = await decideFromStore(question, memory, async () => null, digestOf);
      return b?.kind === 'run' ? b.key : undefined;
    };
    const [one, other] = [await keyAfter('one'), await keyAfter('other')];
    assert.ok(one !== undefined && other !== undefined && one !== other);
    assert.equal(await keyAfter('one'), one);
  });
});
