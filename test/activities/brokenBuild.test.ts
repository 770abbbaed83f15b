import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { after, describe, it } from 'node:test';
import { createStepRunner } from '../../src/adapters/process/stepRunner.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import type { StepRunner } from '../../src/ports/stepRunner.js';
import { ferries, openBuildScene, outcomeOf, ranOf } from './buildScene.js';

const gone = new SlipwayError('store_unreachable', 'the store does not answer');
const codeOf = (outcome: unknown): string | undefined => (outcome instanceof SlipwayError ? outcome.code : undefined);

describe('a build whose store fails while its commands run', () => {
  /** Ends what a broken product would leave behind. */
  const rest = new AbortController();
  const running = new Set<string>();
  const outlived: string[] = [];
  let sawLong = (): void => undefined;
  const longRuns = new Promise<void>((resolve) => (sawLong = resolve));
  const real = createStepRunner({ path: process.env['PATH'] ?? '', graceMs: 200 });
  const runner: StepRunner = {
    run: async (step, onOutput, signal) => {
      const hear = (chunk: Uint8Array): void => {
        if (Buffer.from(chunk).includes('here I am')) sawLong();
        onOutput(chunk);
      };
      running.add(step.command);
      try {
        return await real.run(step, hear, AbortSignal.any([signal, rest.signal]));
      } finally {
        running.delete(step.command);
        if (!existsSync(step.directory)) outlived.push(step.command);
      }
    },
  };
  const scene = openBuildScene({ steps: runner }, { cores: 2 });
  after(() => {
    rest.abort();
    scene.close();
  });

  it('ends them before it ends, and before its checkout goes', async () => {
    const commit = scene.repository.commit(
      ferries(`  steps:
    - { name: short, run: "touch short.out", needs: [], inputs: [data], outputs: [short.out] }
    - { name: long, run: "echo here I am; sleep 600", needs: [], inputs: [data], outputs: [long.out], retries: 2 }
    - { name: next, run: "touch next.out", needs: [short], inputs: [data], outputs: [next.out] }
`),
    );
    const { getDocument } = scene.ports.store;
    scene.ports.store.getDocument = async (key) => {
      // It is looked up when what it needs has run.
      if (!/^cache\/.*\/next\/[0-9a-f]{64}\.json$/.test(key)) return getDocument(key);
      await longRuns;
      throw gone;
    };
    const { outcome, log } = await scene.build(commit);
    assert.equal(codeOf(outcome), 'store_unreachable', String(outcome));
    assert.deepEqual([[...running], outlived], [[], []]);
    assert.equal(log.match(/\$ echo here I am/g)?.length, 1, 'and tries none of them again');
  });
});

describe('a build whose store fails while outputs of skipped steps are brought back', () => {
  const scene = openBuildScene({}, { cores: 2 });
  after(scene.close);
  const { store } = scene.ports;
  const { getBlobToFile } = store;
  const files = ferries();
  const apart = ferries(`  steps:
    - { name: left, run: "echo l > l", needs: [], inputs: [data], outputs: [l] }
    - { name: right, run: "echo r > r", needs: [], inputs: [data], outputs: [r] }
    - { name: last, run: "mkdir -p build && for f in model.onnx evaluation.csv reference.csv report.json; do cat l r > build/$f; done", needs: [left, right], inputs: [lib/logistic.mjs], outputs: [build] }
`);
  const changes = { 'lib/logistic.mjs': (files['lib/logistic.mjs'] ?? '').replace('round < 12', 'round < 11') };

  for (const [what, tree] of [
    ['two files of one step', files],
    ['a file each of two steps', apart],
  ] as const) {
    it(`waits for what is being written: ${what}`, async () => {
      outcomeOf((await scene.build(scene.repository.commit(tree))).outcome);
      const commit = scene.repository.commit({ ...tree, ...changes });
      const ended: boolean[] = [];
      let failed = false;
      store.getBlobToFile = async (digest, path) => {
        if (!failed) {
          failed = true;
          throw gone;
        }
        // Gives a build that does not wait the time to take its checkout away.
        for (let turns = 0; turns < 5_000 && existsSync(dirname(path)); turns += 1) await turn();
        ended.push(existsSync(dirname(path)));
        return getBlobToFile(digest, path);
      };
      const { outcome, steps } = await scene.build(commit).finally(() => {
        store.getBlobToFile = getBlobToFile;
      });
      assert.equal(codeOf(outcome), 'store_unreachable', String(outcome));
      assert.deepEqual(ranOf(steps), []);
      assert.deepEqual(ended, [true]);
    });
  }
});
