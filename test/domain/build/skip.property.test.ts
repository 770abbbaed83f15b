import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { StepSpec } from '../../../src/domain/spec/types.js';
import { build, emptyStore, stepOf, type World } from './scene.js';

const FILES = 6;
const PARAMS = ['p0', 'p1', 'p2'];

/** A random graph: each step needs some of those before it, and reads some files and parameters. */
const worlds = fc
  .array(
    fc.record({
      needs: fc.array(fc.nat(30), { maxLength: 3 }),
      files: fc.array(fc.nat(FILES - 1), { maxLength: 3 }),
      params: fc.array(fc.nat(PARAMS.length - 1), { maxLength: 2 }),
      reads: fc.boolean(),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((drawn): World => {
    const steps = drawn.map((one, index) => {
      const needs = [...new Set(one.needs.filter((need) => need < index).map((need) => `s${need}`))];
      return stepOf(`s${index}`, {
        needs,
        inputs: [
          ...new Set(one.files.map((file) => `f${file}`)),
          ...(one.reads ? needs.map((need) => `out/${need}`) : []),
        ],
        outputs: [`out/s${index}`],
        params: [...new Set(one.params.map((param) => PARAMS[param]!))],
      });
    });
    return {
      steps,
      files: Object.fromEntries(Array.from({ length: FILES }, (_, index) => [`f${index}`, 'as it was'])),
      params: Object.fromEntries(PARAMS.map((name) => [name, 1])),
      machine: { node: 'v20' },
    };
  });

type Edit =
  | { readonly kind: 'file'; readonly index: number }
  | { readonly kind: 'param'; readonly index: number }
  | { readonly kind: 'command'; readonly index: number }
  | { readonly kind: 'stranger' };

const edits = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('file' as const), index: fc.nat(FILES - 1) }),
    fc.record({ kind: fc.constant('param' as const), index: fc.nat(PARAMS.length - 1) }),
    fc.record({ kind: fc.constant('command' as const), index: fc.nat(11) }),
    fc.constant({ kind: 'stranger' as const }),
  ),
  { maxLength: 4 },
);

const applied = (world: World, edit: Edit, time: number): World => {
  switch (edit.kind) {
    case 'file':
      return { ...world, files: { ...world.files, [`f${edit.index}`]: `changed ${time}` } };
    case 'param':
      return { ...world, params: { ...world.params, [PARAMS[edit.index]!]: 2 + time } };
    case 'command':
      return {
        ...world,
        steps: world.steps.map((step, at) => (at === edit.index ? { ...step, run: `${step.run} ${time}` } : step)),
      };
    case 'stranger':
      return { ...world, files: { ...world.files, 'README.md': `changed ${time}` } };
  }
};

/** The other way to the same answer: from what was edited, along the needs, by hand. */
const reachable = (world: World, made: readonly Edit[]): readonly string[] => {
  const touched = (step: StepSpec, index: number): boolean =>
    made.some(
      (edit) =>
        (edit.kind === 'command' && edit.index === index) ||
        (edit.kind === 'file' && (step.inputs ?? []).includes(`f${edit.index}`)) ||
        (edit.kind === 'param' && (step.params ?? []).includes(PARAMS[edit.index]!)),
    );
  const found = new Set<string>();
  world.steps.forEach((step, index) => {
    if (touched(step, index) || (step.needs ?? []).some((need) => found.has(need))) found.add(step.name);
  });
  return [...found];
};

describe('the steps that run', () => {
  it('are exactly those reachable from what changed, and the plan says which', async () => {
    let ran = 0;
    let skipped = 0;
    await fc.assert(
      fc.asyncProperty(worlds, edits, async (world, made) => {
        const store = emptyStore();
        assert.equal((await build(world, store)).ran.length, world.steps.length);
        const after = made.reduce(applied, world);
        const result = await build(after, store);
        const expected = reachable(after, made);
        assert.deepEqual([...result.ran].sort(), [...expected].sort());
        for (const decision of result.planned)
          assert.equal(decision.kind !== 'skip', expected.includes(decision.step), `${decision.step} in the plan`);
        ran += result.ran.length;
        skipped += world.steps.length - result.ran.length;
      }),
      { numRuns: 300 },
    );
    assert.ok(ran > 100 && skipped > 100, 'the sample has both kinds');
  });

  it('are none where an edit is taken back', async () => {
    await fc.assert(
      fc.asyncProperty(worlds, edits, async (world, made) => {
        const store = emptyStore();
        await build(world, store);
        await build(made.reduce(applied, world), store);
        assert.deepEqual((await build(world, store)).ran, []);
      }),
      { numRuns: 100 },
    );
  });
});
