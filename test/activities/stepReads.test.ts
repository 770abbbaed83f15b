import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DECLARED, ferries, openBuildScene, outcomeOf, ranOf } from './buildScene.js';

const TAMPER = `sed -i 's/round < 12/round < 1/' lib/logistic.mjs`;
const RESTORE = `sed -i 's/round < 1;/round < 12;/' lib/logistic.mjs`;

/** What an honest release of the commit makes, in an installation where nothing was built before. */
const honestly = async (files: Readonly<Record<string, string>>): Promise<string> => {
  const clean = openBuildScene({}, { cores: 2 });
  try {
    return outcomeOf((await clean.build(clean.repository.commit(files))).outcome).model.digest;
  } finally {
    clean.close();
  }
};

/** Builds a commit that tampers, and then an honest one: which of its steps ran, its model, and the log of the first. */
const afterTampering = async (
  tampering: Readonly<Record<string, string>>,
  honest: Readonly<Record<string, string>>,
) => {
  const scene = openBuildScene({}, { cores: 2 });
  try {
    const first = await scene.build(scene.repository.commit(tampering));
    outcomeOf(first.outcome);
    const second = await scene.build(scene.repository.commit(honest));
    return { ran: ranOf(second.steps), model: outcomeOf(second.outcome).model.digest, log: first.log };
  } finally {
    scene.close();
  }
};

describe('a step that changes what another one reads', () => {
  it('leaves nothing of the other in the cache, so that an honest commit is not given its model', async () => {
    const evil = ferries(DECLARED.replace('run: node pipeline/data.mjs', `run: node pipeline/data.mjs && ${TAMPER}`));
    const { ran, model, log } = await afterTampering(evil, ferries());
    assert.deepEqual([ran, model], [['data', 'train'], await honestly(ferries())]);
    assert.match(log, /train will not be skipped by this run: it reads lib\/logistic\.mjs, changed by a command/);
  });

  it('does not by adding a file that the other reads by its pattern', async () => {
    const steps = (run: string): string => `  steps:
    - { name: first, run: "${run}", inputs: [data/history.csv], outputs: [one] }
    - { name: second, run: "ls parts > two", inputs: [parts], outputs: [two] }
${DECLARED.slice('  steps:\n'.length)}`;
    const files = (run: string) => ({ ...ferries(steps(run)), 'parts/a': 'a' });
    const { ran } = await afterTampering(files('touch one parts/b'), files('touch one'));
    assert.ok(ran.includes('second'));
  });

  it('does not by changing what a third one wrote', async () => {
    const steps = (run: string): string => `  steps:
    - { name: first, run: "mkdir one && echo honest > one/a", inputs: [data/history.csv], outputs: [one] }
    - { name: between, run: "${run}", inputs: [data/history.csv], outputs: [between] }
    - { name: last, run: "cat one/* > last", inputs: [one], needs: [first, between], outputs: [last] }
${DECLARED.slice('  steps:\n'.length)}`;
    for (const run of ['touch between && echo evil > one/a', 'touch between && echo evil > one/b']) {
      const { ran } = await afterTampering(ferries(steps(run)), ferries(steps('touch between')));
      assert.ok(ran.includes('last'), run);
    }
  });

  it('does not by putting it back before the other has ended', async () => {
    const steps = (more: string, besides: string): string =>
      `${DECLARED.replace('run: node pipeline/data.mjs', `run: node pipeline/data.mjs${more}`).replace(
        'run: node pipeline/train.mjs',
        'run: node pipeline/train.mjs && until [ -e beside ]; do :; done\n      timeout: 30s',
      )}    - { name: beside, run: "${besides} && touch beside", needs: [data], inputs: [data/history.csv], outputs: [beside], timeout: 30s }\n`;
    const evil = ferries(steps(` && ${TAMPER}`, `until [ -e build/report.json ]; do :; done && ${RESTORE}`));
    const honest = ferries(steps('', 'true'));
    const { ran, model } = await afterTampering(evil, honest);
    assert.ok(ran.includes('train'));
    assert.equal(model, await honestly(honest));
  });
});
