import assert from 'node:assert/strict';
import { createCalendar } from '../../src/adapters/calendar/calendar.js';
import { after, before, describe, it } from 'node:test';
import type { PlannedRelease } from '../../src/domain/build/planRelease.js';
import { digestWorkingCopy, readInCopy } from '../../src/cli/workingCopy.js';
import type { ServerPorts } from '../../src/server/ports.js';
import { buildHandlers } from '../../src/server/routes/build.js';
import { ferries, MODEL, openBuildScene, outcomeOf, ranOf } from './buildScene.js';

/** The ferries' build as DVC has it: the same scripts, and a stage that reads params.yaml by itself. */
const DVC = `stages:
  limits:
    cmd: node limits.mjs
    deps: [limits.mjs]
    params: [data.days]
    outs: [build/limits.txt]
  train:
    cmd: node pipeline/train.mjs
    deps: [pipeline/train.mjs, lib, build/reference.csv, build/evaluation.csv, build/limits.txt]
    outs: [build/model.onnx, build/report.json]
  data:
    cmd: node pipeline/data.mjs
    deps: [pipeline/data.mjs, lib, data/history.csv, vendor]
    outs: [build/reference.csv, build/evaluation.csv]
`;

const LIMITS = `import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
mkdirSync('build', { recursive: true });
writeFileSync('build/limits.txt', /days: (\\d+)/.exec(readFileSync('params.yaml', 'utf8'))[1]);
`;

const files = (() => {
  const base = ferries();
  const spec = base['slipway.yaml'] ?? '';
  const from = spec.indexOf('build:');
  const to = spec.indexOf('artifact:');
  return {
    ...base,
    'slipway.yaml': `${spec.slice(0, from)}build: { dvc: dvc.yaml }\n${spec.slice(to)}`,
    'dvc.yaml': DVC,
    'params.yaml': '# How much history\ndata: { days: 12 }\nother: 1\n',
    'limits.mjs': LIMITS,
  };
})();

describe('a build whose steps are the stages of a dvc.yaml', () => {
  const scene = openBuildScene();
  after(scene.close);
  let commit: string;
  before(async () => {
    commit = scene.repository.commit(files);
    const { outcome, steps, log } = await scene.build(commit);
    assert.ok(!(outcome instanceof Error), log);
    assert.deepEqual([...ranOf(steps)].sort(), ['data', 'limits', 'train']);
  });

  it('runs nothing when nothing changed, also of params.yaml what no stage reads', async () => {
    const changed = { ...files, 'params.yaml': '# How much history\ndata: { days: 12 }\nother: 2\n' };
    assert.deepEqual(ranOf((await scene.build(scene.repository.commit(changed))).steps), []);
  });

  it('runs what depends on a changed parameter, and says which', async () => {
    const changed = { ...files, 'params.yaml': 'data: { days: 10 }\nother: 1\n' };
    const { steps } = await scene.build(scene.repository.commit(changed));
    assert.deepEqual(ranOf(steps), ['limits', 'train']);
    assert.equal(steps.find(({ step }) => step === 'limits')?.reason, 'parameter data.days changed from 12 to 10');
  });

  it('lets its commands find what a release overrides', async () => {
    const { steps, outcome } = await scene.build(commit, { 'data.days': 9 });
    outcomeOf(outcome);
    assert.ok(ranOf(steps).includes('limits'));
    const limits = steps.find(({ step }) => step === 'limits')?.outputs[0];
    assert.equal(limits?.size, 1, 'the stage read 9 from params.yaml');
  });

  it('fails with the place of a mistake in it', async () => {
    const changed = {
      ...files,
      'dvc.yaml': DVC.replace('    outs: [build/limits.txt]', '    out: [build/limits.txt]'),
    };
    const { outcome } = await scene.build(scene.repository.commit(changed));
    assert.match(outcome instanceof Error ? outcome.message : '', /^dvc\.yaml:6:5: stages\.limits\.out: unknown key/);
  });

  it('is planned from the texts that the command line sends', async () => {
    const root = scene.repository.directory;
    scene.repository.commit(files);
    const server = {
      store: scene.ports.store,
      ledger: scene.ports.ledger,
      directory: { identities: async () => [] },
      settings: {
        models: [{ name: MODEL, repository: MODEL, branch: 'main' }],
        environments: ['staging', 'production'],
        freezes: [],
      },
      calendar: createCalendar(),
      now: Date.now,
    } as unknown as ServerPorts;
    const plan = async (sources: Readonly<Record<string, string>>, params = {}) => {
      const body = { spec: files['slipway.yaml'], files: await digestWorkingCopy(root), params, sources };
      const { planRelease } = buildHandlers(server);
      const answer = await planRelease({ params: { model: MODEL }, body } as never);
      return (answer.body as PlannedRelease).steps.map(({ step, kind }) => [step, kind]);
    };
    const read = readInCopy(root);
    const sources = { 'dvc.yaml': read('dvc.yaml') ?? '', 'params.yaml': read('params.yaml') ?? '' };
    assert.deepEqual(
      (await plan(sources)).map(([, kind]) => kind),
      ['skip', 'skip', 'skip'],
    );
    assert.deepEqual(await plan(sources, { 'data.days': 5 }), [
      ['limits', 'run'],
      ['train', 'depends'],
      ['data', 'skip'],
    ]);
    await assert.rejects(plan({}), { code: 'spec_invalid', message: /build\.dvc: there is no dvc\.yaml/ });
  });
});
