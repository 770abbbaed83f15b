/** What a plan says of a working copy, by the command line's reading and the API's answer, against the builds themselves. */
import assert from 'node:assert/strict';
import { createCalendar } from '../../src/adapters/calendar/calendar.js';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readFileSync } from 'node:fs';
import { after, describe, it } from 'node:test';
import type { PlannedRelease } from '../../src/domain/build/planRelease.js';
import { randomStream } from '../../src/domain/statistics/randomStream.js';
import { authorOf, digestWorkingCopy } from '../../src/cli/workingCopy.js';
import { buildHandlers } from '../../src/server/routes/build.js';
import type { ServerPorts } from '../../src/server/ports.js';
import { ferries, MODEL, openBuildScene, outcomeOf } from '../activities/buildScene.js';

const EDITS = 50;

/** Two branches that meet, a step that reads a file and ignores it, and one that reads the whole tree. */
const STEPS = `  steps:
    - { name: left, run: 'mkdir -p out && cat src/left.txt src/both.txt "$SLIPWAY_PARAMS_FILE" > out/left', needs: [], inputs: [src/left.txt, src/both.txt], outputs: [out/left], params: [data.days] }
    - { name: right, run: 'mkdir -p out && cat src/both.txt > out/right', needs: [], inputs: ['src/b*.txt', src/ignored.txt], outputs: [out/right], params: [] }
    - { name: meet, run: 'cat out/left out/right > out/meet', needs: [left, right], inputs: [out/left, out/right], outputs: [out/meet], params: [] }
    - { name: artifact, run: 'mkdir -p build && for f in model.onnx evaluation.csv reference.csv report.json; do cp out/meet build/$f; done', inputs: [out/meet], outputs: [build], params: [] }
    - { name: census, run: 'ls src > census', outputs: [census], needs: [] }
`;

describe('a plan', () => {
  const scene = openBuildScene();
  after(scene.close);
  const { repository } = scene;
  const ports = {
    store: scene.ports.store,
    ledger: scene.ports.ledger,
    directory: {
      identities: async () => [
        { name: 'author', roles: ['reviewer'], gitEmails: ['author@example.test'] },
        { name: 'reviewer', roles: ['reviewer'], gitEmails: [] },
      ],
    },
    settings: {
      models: [{ name: MODEL, repository: MODEL, branch: 'main' }],
      environments: ['test', 'staging', 'production'],
      freezes: [],
    },
    calendar: createCalendar(),
    now: Date.now,
  } as unknown as ServerPorts;
  const plan = async (days?: number): Promise<PlannedRelease> => {
    const call = {
      params: { model: MODEL },
      body: {
        spec: readFileSync(join(repository.directory, 'slipway.yaml'), 'utf8'),
        files: await digestWorkingCopy(repository.directory),
        params: days === undefined ? {} : { 'data.days': days },
        by: await authorOf(repository.directory),
      },
    };
    return (await buildHandlers(ports).planRelease(call as never)).body as PlannedRelease;
  };
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(repository.directory, path)), { recursive: true });
    writeFileSync(join(repository.directory, path), text);
  };
  const first = (): string =>
    repository.commit({
      ...ferries(STEPS),
      ...Object.fromEntries(['left', 'both', 'ignored', 'other'].map((name) => [`src/${name}.txt`, `${name}\n`])),
    });

  it('is refused where finding out what its steps read would hold up the API', async () => {
    repository.commit(ferries());
    const yaml = readFileSync(join(repository.directory, 'slipway.yaml'), 'utf8');
    const digest = `sha256:${'0'.repeat(64)}`;
    const ask = async (steps: readonly string[], paths: readonly string[]) => {
      const spec = yaml.replace(/ {2}steps:\n(?: {4}.*\n)*/, `  steps:\n${steps.join('')}`);
      const files = Object.fromEntries(paths.map((path) => [path, digest]));
      return buildHandlers(ports).planRelease({ params: { model: MODEL }, body: { spec, files, params: {} } } as never);
    };
    const step = (name: number, inputs: string): string =>
      `    - { name: s${name}, run: 'true', needs: [], ${inputs}outputs: [o${name}] }\n`;
    const patterns = (names: number) => (from: number) =>
      `inputs: [${Array.from({ length: 95 }, (_, index) => `"**/${'a/'.repeat(names)}b${from}-${index}"`).join(', ')}], `;
    const deep = Array.from({ length: 100 }, (_, index) => `${'a/'.repeat(500)}f${index}`);
    const five = [0, 1, 2, 3, 4];
    for (const [names, message] of [
      [120, /at most 32 names/],
      [30, /take too long/],
    ] as const)
      await assert.rejects(
        ask(
          five.map((from) => step(from, patterns(names)(from))),
          deep,
        ),
        { code: 'spec_invalid', message },
      );
    const many = Array.from({ length: 30_000 }, (_, index) => `f${index}`);
    const whole = Array.from({ length: 50 }, (_, index) => step(index, ''));
    await assert.rejects(ask(whole, many), { code: 'spec_invalid', message: /take too long/ });
  });

  it('is refused where slipway.yaml asks less than the operator', async () => {
    repository.commit(ferries());
    const [model] = ports.settings.models;
    const minimum = [{ name: 'elsewhere', gates: [] }];
    const strict = { ...ports, settings: { ...ports.settings, models: [{ ...model, minimum }] } } as ServerPorts;
    const body = { spec: readFileSync(join(repository.directory, 'slipway.yaml'), 'utf8'), files: {}, params: {} };
    await assert.rejects(async () => buildHandlers(strict).planRelease({ params: { model: MODEL }, body } as never), {
      code: 'spec_below_minimum',
      message: /^slipway\.yaml:\d+:\d+: environments: elsewhere is left out/,
    });
  });

  it("is refused where an environment is not the operator's, with its line and the nearest name", async () => {
    repository.commit(ferries());
    const text = readFileSync(join(repository.directory, 'slipway.yaml'), 'utf8');
    const refused = (spec: string, message: RegExp) =>
      assert.rejects(
        async () =>
          buildHandlers(ports).planRelease({
            params: { model: MODEL },
            body: { spec, files: {}, params: {} },
          } as never),
        { code: 'unknown_environment', message },
      );
    await refused(
      text.replace('name: staging', 'name: stagng'),
      /^slipway\.yaml:\d+:\d+: environments\[0\]\.name: there is no environment "stagng" \(expected one of test, staging, production; did you mean staging\?\)$/,
    );
    await refused(
      text.replace('name: production', 'name: prod'),
      /"prod" \(expected one of test, staging, production\)$/,
    );
  });

  it('is refused where a parameter is overridden that no step reads', async () => {
    repository.commit(ferries());
    const spec = readFileSync(join(repository.directory, 'slipway.yaml'), 'utf8');
    const body = { spec, files: {}, params: { 'data.day': 9 } };
    await assert.rejects(async () => buildHandlers(ports).planRelease({ params: { model: MODEL }, body } as never), {
      code: 'usage',
      message: /^no step reads a parameter data\.day \(there are .*; did you mean data\.days\?\)$/,
    });
  });

  it(`says of ${EDITS} random edits what then runs and what is skipped`, async () => {
    outcomeOf((await scene.build(first())).outcome);
    const random = randomStream('edits of a plan');
    const draw = (below: number): number => Math.floor(random() * below);
    const counts = { run: 0, skip: 0, depends: 0, cut: 0 };
    for (let edit = 0; edit < EDITS; edit += 1) {
      const days = draw(4) === 0 ? 1 + draw(3) : undefined;
      // A few texts only, so that edits are also taken back.
      for (let more = draw(3); more > 0; more -= 1)
        write(`src/${['left', 'both', 'ignored', 'other'][draw(4)]}.txt`, `text ${draw(3)}\n`);
      const planned = await plan(days);
      const commit = repository.commit({});
      const { outcome, steps } = await scene.build(commit, days === undefined ? {} : { 'data.days': days });
      outcomeOf(outcome);
      for (const { step, kind, reason } of planned.steps) {
        const story = steps.find((one) => one.step === step);
        counts[kind] += 1;
        if (kind === 'depends') {
          // Behind a step that runs, exactly what that step wrote decides.
          const changed = story?.cause?.kind === 'changed' ? story.cause.changes : [];
          counts.cut += story?.outcome === 'skipped' ? 1 : 0;
          assert.ok(story?.outcome === 'skipped' || changed.every(({ part }) => part === 'upstream'), reason);
        } else {
          assert.equal(story?.outcome, kind === 'run' ? 'ran' : 'skipped', `edit ${edit}: ${step}`);
          assert.equal(story.reason, reason, `edit ${edit}: ${step}`);
        }
      }
    }
    assert.ok(counts.run > 20 && counts.skip > 50 && counts.depends > 10 && counts.cut > 2, JSON.stringify(counts));
  });

  it('names gates, approvers without the author, and the earliest time', async () => {
    const spec = (ferries(STEPS)['slipway.yaml'] ?? '').replace(
      '{ name: production, approval: automatic,',
      '{ name: production, approval: { roles: [reviewer] }, rollout: { canary: { steps: [{ weight: 10, hold: 10m }, { weight: 100, hold: 5m }] } },',
    );
    write('slipway.yaml', spec);
    repository.git('config', 'user.email', 'author@example.test');
    const planned = await plan();
    assert.deepEqual(
      planned.environments.map(({ name, approvers, gates, rolloutMs }) => [name, approvers, gates, rolloutMs]),
      [
        ['staging', [], ['quality'], 0],
        ['production', ['reviewer'], [], 900_000],
      ],
    );
    assert.ok(planned.earliestMs >= 900_000);
    assert.match(planned.notes.join(), /production: waits until 1 of reviewer has approved/);
    repository.git('config', 'user.email', 'stranger@example.test');
    assert.match(
      (await plan()).notes.join(),
      /nobody may approve, because stranger@example.test belongs to no identity/,
    );
  });

  it('warns of an environment that would refuse every release', async () => {
    const spec = (ferries(STEPS)['slipway.yaml'] ?? '').replace(
      'verify: { smokeRows: 50 }, gates: [quality] }',
      'verify: { smokeRows: 0 } }',
    );
    write('slipway.yaml', spec);
    assert.match(
      (await plan()).notes[0] ?? '',
      /^warning: slipway\.yaml:\d+:\d+: environments\[1\]\.approval: production will refuse every release: /,
    );
    write('slipway.yaml', ferries(STEPS)['slipway.yaml'] ?? '');
    assert.doesNotMatch((await plan()).notes.join(), /warning/);
  });

  it('names an input that is not there', async () => {
    write('slipway.yaml', (ferries(STEPS)['slipway.yaml'] ?? '').replace('src/ignored.txt', 'src/ignord.txt'));
    await assert.rejects(plan(), /right reads src\/ignord.txt, and there is no such file/);
  });
});
