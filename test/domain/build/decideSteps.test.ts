import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sayDecision } from '../../../src/domain/build/explainStep.js';
import { inOrder, needsOf } from '../../../src/domain/build/graph.js';
import { build, emptyStore, stepOf, type World } from './scene.js';

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
