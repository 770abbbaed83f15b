import type { CheckResult } from '../../src/domain/release/checkResult.js';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { getJson } from '../../activities/documents.js';
import { stageEvidence } from '../../activities/stageEvidence.js';
import { createDataSource } from '../../src/adapters/data-source/dataSource.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import { ferries, openBuildScene, outcomeOf, ranOf } from './buildScene.js';

/** A last step that writes what the artifact needs, so that the steps under test are the only subject. */
const ARTIFACT =
  '    - { name: artifact, run: "mkdir -p build && for f in model.onnx evaluation.csv reference.csv report.json; do echo x > build/$f; done" }\n';
const steps = (...lines: readonly string[]): string =>
  `  steps:\n${lines.map((line) => `    - ${line}\n`).join('')}${ARTIFACT}`;
const digestOf = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;

describe('steps that wait for nothing', () => {
  const scene = openBuildScene({}, { cores: 2 });
  after(scene.close);
  const meet = (own: string, other: string): string =>
    `touch ${own}; until test -e ${other}; do sleep 0.05; done; echo ${own} saw ${other}`;

  it('run side by side, and their lines tell them apart', async () => {
    const commit = scene.repository.commit(
      ferries(
        steps(
          `{ name: left, run: "${meet('l', 'r')}", needs: [], outputs: [l] }`,
          `{ name: right, run: "${meet('r', 'l')}", needs: [], outputs: [r], timeout: 30s }`,
        ),
      ),
    );
    const { outcome, log } = await scene.build(commit);
    outcomeOf(outcome);
    assert.match(log, /^left \| l saw r$/m);
    assert.match(log, /^right \| r saw l$/m);
  });

  it('do not start any more when one has failed, and those that run are ended in order', async () => {
    const commit = scene.repository.commit(
      ferries(
        steps(
          '{ name: broken, run: "exit 3", needs: [], outputs: [a] }',
          '{ name: behind, run: "touch b", needs: [broken], outputs: [b] }',
        ),
      ),
    );
    const { outcome, steps: stories } = await scene.build(commit);
    assert.ok(outcome instanceof SlipwayError && outcome.code === 'step_failed');
    assert.match(outcome.message, /^broken exited with code 3/);
    assert.deepEqual(
      stories.map(({ step, outcome: end }) => [step, end]),
      [['broken', 'failed']],
    );
  });
});

describe('checks', () => {
  const scene = openBuildScene({}, { cores: 2 });
  after(scene.close);
  it('run side by side, and are told in the order of the file', async () => {
    const files = ferries();
    const meet = (own: string, other: string): string =>
      `{ name: ${own}, kind: unit, run: "touch ${own}; until test -e ${other}; do sleep 0.05; done", timeout: 30s }`;
    const spec = (files['slipway.yaml'] ?? '').replace(
      'checks:\n',
      `checks:\n  - ${meet('one', 'two')}\n  - ${meet('two', 'one')}\n`,
    );
    const { verdict, evidence } = await scene.check(scene.repository.commit({ ...files, 'slipway.yaml': spec }));
    assert.equal(verdict, 'pass');
    const { checks } = await getJson<{ checks: readonly CheckResult[] }>(scene.ports.store, evidence);
    assert.deepEqual(
      checks.map(({ name }) => name),
      ['one', 'two', 'unit'],
    );
    for (const { name, durationMs = 0 } of checks) assert.ok(durationMs > 0, `${name} took ${durationMs} ms`);
    assert.ok((checks[2]?.tests?.durationMs ?? 0) > 0, JSON.stringify(checks[2]));
  });
});

describe('who wrote a release', () => {
  const identities = ['early', 'late'].map((name) => ({ name, roles: [], gitEmails: [`${name}@example.test`] }));
  const scene = openBuildScene({ directory: { identities: async () => identities } });
  after(scene.close);

  it('is everybody who wrote any commit of it, however many there are', async () => {
    scene.repository.commit(ferries(), 'early@example.test');
    const { authorship } = await scene.check(scene.repository.grow(1_500, 'late@example.test'));
    assert.deepEqual(authorship, { authors: ['early', 'late'], unknown: [], trigger: 'author' });
  });
});

describe('a step that fails at first', () => {
  const scene = openBuildScene();
  after(scene.close);
  const marker = join(scene.shared, 'marker');
  const flakyOnce = (more: string): string =>
    `{ name: shaky, run: "if test -e ${marker}; then mkdir -p out && echo done > out/a; else touch ${marker}; exit 4; fi", outputs: [out]${more} }`;

  it('is tried again as often as it says; every attempt stays, and it is marked flaky', async () => {
    const {
      outcome,
      steps: stories,
      releaseId,
      log,
    } = await scene.build(scene.repository.commit(ferries(steps(flakyOnce(', retries: 1')))));
    outcomeOf(outcome);
    const [shaky] = stories;
    assert.deepEqual(
      shaky?.attempts.map(({ number, passed, end }) => [number, passed, end]),
      [
        [1, false, 'exited with code 4'],
        [2, true, 'exited with code 0'],
      ],
    );
    assert.equal(shaky?.flaky, true);
    assert.match(log, /attempt 2 of 2/);
    const evidence = (await stageEvidence(scene.ports, { releaseId }, [])) as Record<
      string,
      { steps: readonly { step: string; flaky: boolean; attempts: readonly unknown[] }[] }
    >;
    const [seen] = evidence['build.steps']?.steps ?? [];
    assert.deepEqual([seen?.step, seen?.flaky, seen?.attempts.length], ['shaky', true, 2]);
  });

  it('is marked flaky also where the other verdict was in an earlier release', async () => {
    rmSync(marker);
    const commit = scene.repository.commit(ferries(steps(flakyOnce(''))));
    // The cache of the first test knows this key: another environment is another key.
    const other = { ...scene.ports.settings, image: 'other' };
    Object.assign(scene.ports, { settings: other });
    const failed = await scene.build(commit);
    assert.ok(failed.outcome instanceof SlipwayError);
    const { outcome, steps: stories } = await scene.build(commit);
    outcomeOf(outcome);
    assert.deepEqual([stories[0]?.attempts.length, stories[0]?.flaky], [1, true]);
  });
});

describe('data from elsewhere', () => {
  const shared = openBuildScene();
  const data = join(shared.folder, 'rows');
  mkdirSync(data);
  const SOURCE = {
    folders: [data],
    buckets: [],
    hosts: [],
    downloadBytes: 1024,
    readObject: () => Promise.reject(new Error('not here')),
  };
  Object.assign(shared.ports, { data: createDataSource(SOURCE) });
  after(shared.close);
  const reading = (file: string, text: string): string =>
    steps(
      `{ name: read, run: "mkdir -p out && wc -l < data/rows.csv > out/count", inputs: [{ uri: "file://${file}", digest: "${digestOf(text)}", path: data/rows.csv }], outputs: [out] }`,
    );
  const refusal = async (spec: string): Promise<string> => {
    const { outcome } = await shared.build(shared.repository.commit(ferries(spec)));
    assert.ok(outcome instanceof SlipwayError);
    return outcome.code;
  };

  it('is put where the step finds it, kept in the store, and part of what decides on a skip', async () => {
    const file = join(data, 'a.csv');
    writeFileSync(file, '1\n2\n');
    const spec = reading(file, '1\n2\n');
    outcomeOf((await shared.build(shared.repository.commit(ferries(spec)))).outcome);
    rmSync(file);
    const again = await shared.build(shared.repository.commit(ferries(spec)));
    assert.equal(again.steps[0]?.outcome, 'skipped');
    writeFileSync(file, '1\n2\n3\n');
    const changed = await shared.build(shared.repository.commit(ferries(reading(file, '1\n2\n3\n'))));
    assert.deepEqual(ranOf(changed.steps), ['read', 'artifact']);
    assert.equal(changed.steps[0]?.reason, 'data data/rows.csv changed');
  });

  it('is refused when it is not what was asked for', async () => {
    const file = join(data, 'b.csv');
    writeFileSync(file, 'other\n');
    const { outcome } = await shared.build(shared.repository.commit(ferries(reading(file, 'expected\n'))));
    assert.ok(outcome instanceof SlipwayError && outcome.code === 'data_changed');
    // Nothing of what was found: an address may be chosen to learn about it.
    const told = JSON.stringify([outcome.message, outcome.details]);
    assert.ok(told.includes(digestOf('expected\n')) && !told.includes(digestOf('other\n')), told);
  });

  it('comes from the store when the address has it no more, for this address alone', async () => {
    const [file, other] = [join(data, 'c.csv'), join(data, 'd.csv')];
    writeFileSync(file, 'kept\n');
    outcomeOf((await shared.build(shared.repository.commit(ferries(reading(file, 'kept\n'))))).outcome);
    rmSync(file);
    let runs = 0;
    // Another command each time, or it would be skipped and read nothing.
    const again = (path: string): string => reading(path, 'kept\n').replace('mkdir', `echo ${(runs += 1)} && mkdir`);
    const retold = await shared.build(shared.repository.commit(ferries(again(file))));
    outcomeOf(retold.outcome);
    assert.ok(ranOf(retold.steps).includes('read'));
    assert.equal(await refusal(again(other)), 'data_unreachable');
    writeFileSync(other, 'not kept\n');
    assert.equal(await refusal(again(other)), 'data_changed');
    const { data: before } = shared.ports;
    // The operator takes the folder out of the list.
    Object.assign(shared.ports, { data: createDataSource({ ...SOURCE, folders: [] }) });
    assert.equal(await refusal(again(file)), 'data_refused');
    Object.assign(shared.ports, { data: before });
  });

  it('is read only below the folders of the operator, also behind links', async () => {
    writeFileSync(join(shared.folder, 'secret'), 'secret\n');
    assert.equal(await refusal(reading(join(shared.folder, 'secret'), 'secret\n')), 'data_refused');
    assert.equal(await refusal(reading(`${data}/../secret`, 'secret\n')), 'data_refused');
    assert.equal(await refusal(reading('/etc/hostname', readFileSync('/etc/hostname', 'utf8'))), 'data_refused');
  });
});

describe('an input that the commit does not have', () => {
  const scene = openBuildScene();
  after(scene.close);
  it('fails the build with the step and the pattern', async () => {
    const spec = steps('{ name: read, run: "true", inputs: ["pipelne/*"], outputs: [out] }');
    const { outcome } = await scene.build(scene.repository.commit(ferries(spec)));
    assert.ok(outcome instanceof SlipwayError && outcome.code === 'input_missing');
    assert.match(outcome.message, /read reads pipelne\/\*/);
  });
});

describe('outputs', () => {
  const scene = openBuildScene();
  after(scene.close);
  const fails = async (run: string): Promise<string> => {
    const spec = steps(`{ name: write, run: "${run}", outputs: [out] }`);
    const { outcome } = await scene.build(scene.repository.commit(ferries(spec)));
    assert.ok(outcome instanceof SlipwayError && outcome.code === 'output_missing');
    return outcome.message;
  };

  it('that were not written are named', async () => {
    assert.match(await fails('true'), /write did not write out/);
    assert.match(await fails('mkdir out'), /write wrote nothing into out/);
  });

  it('that lead out of the checkout are refused', async () => {
    assert.match(await fails('ln -s /etc/hostname out'), /out of write leads out of the checkout/);
    assert.match(await fails('mkdir out && ln -s /etc/hostname out/a'), /holds a link, a/);
  });

  it('that lie there before the step runs do not count', async () => {
    const files = { ...ferries(steps('{ name: write, run: "true", outputs: [out] }')), 'out/old': 'committed' };
    const { outcome } = await scene.build(scene.repository.commit(files));
    assert.ok(outcome instanceof SlipwayError);
    assert.match(outcome.message, /did not write out/);
  });
});

describe('parameters of a step', () => {
  const scene = openBuildScene();
  after(scene.close);

  it('are never written through a link that an earlier step left', async () => {
    const target = join(scene.shared, 'elsewhere');
    const commit = scene.repository.commit(
      ferries(
        steps(
          `{ name: plant, run: "ln -s ${target} ../params.later.json && touch planted", outputs: [planted] }`,
          '{ name: later, run: "cat $SLIPWAY_PARAMS_FILE > out", inputs: [planted], outputs: [out], params: [data.days] }',
        ),
      ),
    );
    const { steps: stories } = await scene.build(commit, { 'data.days': 3 });
    assert.deepEqual(ranOf(stories).slice(0, 2), ['plant', 'later']);
    assert.equal(existsSync(target), false);
  });
});

describe('limits of a step', () => {
  const scene = openBuildScene();
  after(scene.close);

  it('end a process that takes more memory or processor time', async () => {
    const allocate = `node -e 'Buffer.alloc(700 * 2 ** 20, 1); console.log(1)'`;
    const run = (command: string, resources: string) =>
      scene.build(
        scene.repository.commit(
          ferries(`  steps:\n    - name: greedy\n      run: ${command}\n      resources: ${resources}\n${ARTIFACT}`),
        ),
      );
    outcomeOf((await run(allocate, '{ memory: 2GiB }')).outcome);
    const tooMuch = await run(allocate, '{ memory: 400MiB }');
    assert.ok(tooMuch.outcome instanceof SlipwayError && tooMuch.outcome.code === 'step_failed');
    const tooLong = await run('while true; do true; done', '{ cpu: 1s }');
    assert.ok(tooLong.outcome instanceof SlipwayError);
    assert.match(tooLong.outcome.message, /greedy was killed by SIG(XCPU|KILL)/);
  });
});
