import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { getJson } from '../../activities/documents.js';
import { createStepRunner } from '../../src/adapters/process/stepRunner.js';
import { createSecretStore } from '../../src/adapters/secrets/secretStore.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import { ferries, MODEL, openBuildScene, outcomeOf } from './buildScene.js';

const SECRET = 'tøken/9f8e7d6c+5b4a==';
const ARTIFACT =
  'mkdir -p build && for f in model.onnx evaluation.csv reference.csv report.json; do echo x > build/$f; done';

describe('a step that names secrets', () => {
  const scene = openBuildScene();
  after(scene.close);
  const file = join(scene.folder, 'token');
  writeFileSync(file, `${SECRET}\n`, { mode: 0o600 });
  Object.assign(scene.ports, {
    secrets: createSecretStore([
      { name: 'api-token', models: [MODEL], from: { file } },
      { name: 'second', models: [MODEL], from: { value: 'from the environment' } },
      { name: 'other', models: ['another-model'], from: { file } },
      { name: 'short', models: [MODEL], from: { value: 'abc' } },
    ]),
  });
  const build = (run: string, secrets: string) =>
    scene.build(
      scene.repository.commit(
        ferries(
          `  steps:\n    - name: use\n      secrets: ${secrets}\n      run: |\n        ${run}\n        ${ARTIFACT}\n`,
        ),
      ),
    );

  it('finds each in a file of its own, more than once, and in no environment', async () => {
    const { outcome, log } = await build(
      'test "$(cat $SLIPWAY_SECRET_API_TOKEN | wc -c)" = 22; node -e "const t = fs.readFileSync(process.env.SLIPWAY_SECRET_API_TOKEN, \'utf8\'); console.log(\'read\', t.length)"; echo "second $(wc -c < $SLIPWAY_SECRET_SECOND)"; echo "in the environment: $(cat /proc/self/environ | grep -c 9f8e7d.c)"',
      '[api-token, second]',
    );
    outcomeOf(outcome);
    assert.match(log, /read 21/);
    assert.match(log, /second 20/);
    assert.match(log, /in the environment: 0/);
  });

  it('does not get them into its log, nor into the reason of a failure, nor anywhere in the store', async () => {
    const { outcome, log } = await build(
      'T=$(cat $SLIPWAY_SECRET_API_TOKEN); echo "plain $T"; printf "%s" "$T" | base64; printf "user:%s" "$T" | base64; printf "%s" "$T" | fold -w 3; for p in 1 2; do printf "%s" "$T" | cut -c 1-9 | tr -d "\\n"; sleep 0.2; printf "%s\\n" "$T" | cut -c 10-; done; exit 3',
      '[api-token]',
    );
    assert.ok(outcome instanceof SlipwayError && outcome.code === 'step_failed');
    const base64 = Buffer.from(SECRET).toString('base64').slice(0, 20);
    const everything = [...scene.ports.store.objects.values()].map((bytes) => Buffer.from(bytes).toString('utf8'));
    for (const text of [log, outcome.message, ...everything])
      for (const form of [SECRET, '9f8e7d6c', base64]) assert.ok(!text.includes(form), text.slice(0, 2000));
    assert.match(log, /plain \*\*\*/);
    assert.match(outcome.message, /\*\*\*/);
  });

  /** Runs checks by scripts of these contents side by side, and says all that was kept of them anywhere. */
  const check = async (scripts: Readonly<Record<string, string>>) => {
    const files = { ...ferries(), ...scripts };
    const lines = Object.keys(scripts).map(
      (name, index) =>
        `  - { name: ${name}, kind: unit, run: sh ${name}, timeout: 20s${index > 0 ? '' : ', secrets: [api-token], junit: own.xml'} }\n`,
    );
    const spec = (files['slipway.yaml'] ?? '').replace('checks:\n', `checks:\n${lines.join('')}`);
    const statuses: string[] = [];
    const { setStatus } = scene.ports.source;
    const ledger: string[] = [];
    const { append } = scene.ports.ledger;
    Object.assign(scene.ports, {
      source: {
        ...scene.ports.source,
        setStatus: (...args: Parameters<typeof setStatus>) => {
          statuses.push(JSON.stringify(args));
          return setStatus(...args);
        },
      },
      ledger: {
        ...scene.ports.ledger,
        append: (...args: Parameters<typeof append>) => {
          ledger.push(JSON.stringify(args));
          return append(...args);
        },
      },
    });
    const outcome = await scene.check(scene.repository.commit({ ...files, 'slipway.yaml': spec }));
    const stored = [...scene.ports.store.objects.values()].map((bytes) => Buffer.from(bytes).toString('utf8'));
    return { outcome, kept: [...statuses, ...ledger, ...stored, JSON.stringify(outcome)] };
  };
  const holdsNone = (kept: readonly string[]): void => {
    const forms = [SECRET, '9f8e7d6c', Buffer.from(SECRET).toString('hex'), Buffer.from(SECRET).toString('base64')];
    for (const text of kept) for (const form of forms) assert.ok(!text.includes(form), text.slice(0, 2000));
  };

  it('does not get them into evidence, ledger or status by the names of tests in a report', async () => {
    const { outcome, kept } = await check({
      own: `T=$(cat $SLIPWAY_SECRET_API_TOKEN); L=$(printf %290s a)
        echo "<testcase name='login with $T'><failure/></testcase><testcase name='$L$T'><error/></testcase>" > own.xml`,
    });
    assert.match(outcome.reason, /2 of 2 tests failed: login with \*\*\*/);
    holdsNone(kept);
  });

  it('does not get them into the log of another command, which finds what it left', async () => {
    const { outcome, kept } = await check({
      own: 'cat $SLIPWAY_SECRET_API_TOKEN > left; touch ready',
      other: `until test -e ready; do sleep 0.05; done; echo "left: $(cat left)"
        node -p 'fs.readFileSync("left").toString("hex")'; exit 1`,
    });
    assert.match(outcome.reason, /left: \*\*\*\n\*\*\*/);
    holdsNone(kept);
  });

  it('does not get them into the names of outputs', async () => {
    const { outcome, steps } = await scene.build(
      scene.repository.commit(
        ferries(
          `  steps:\n    - { name: use, secrets: [second], outputs: [build], run: 'mkdir build; touch "build/$(cat $SLIPWAY_SECRET_SECOND)"' }\n`,
        ),
      ),
    );
    assert.ok(outcome instanceof SlipwayError && outcome.code === 'output_missing', String(outcome));
    assert.equal(outcome.message, 'use wrote a file whose name holds a secret');
    assert.doesNotMatch(JSON.stringify(steps), /from the environment/);
  });

  it('gets none of another model, none that is not there, and none that could not be masked', async () => {
    for (const name of ['other', 'nothing', 'short']) {
      const { outcome } = await build('true', `[${name}]`);
      assert.ok(outcome instanceof SlipwayError && outcome.code === 'secret_refused', name);
      assert.ok(!outcome.message.includes('abc'));
    }
  });

  it('leaves no file behind that had them', () => {
    assert.equal(
      execFileSync('sh', ['-c', 'ls /dev/shm /tmp | grep -c "^slipway-[0-9a-f]*-[0-9a-f-]*$" || true'])
        .toString()
        .trim(),
      '0',
    );
  });
});

describe('coverage of a check', () => {
  const scene = openBuildScene();
  after(scene.close);
  const check = async (run: string) => {
    const files = ferries();
    const spec = (files['slipway.yaml'] ?? '').replace(
      'checks:\n',
      `checks:\n  - { name: covered, kind: unit, run: "${run}", coverage: reports/lcov.info }\n`,
    );
    const { verdict, reason, evidence } = await scene.check(
      scene.repository.commit({ ...files, 'slipway.yaml': spec }),
    );
    return {
      verdict,
      reason,
      evidence: await getJson<{ checks: readonly { coverage?: unknown }[] }>(scene.ports.store, evidence),
    };
  };

  it('is evidence, and its lack a failure', async () => {
    const { verdict, evidence } = await check("mkdir -p reports && printf 'LF:40\\nLH:30\\n' > reports/lcov.info");
    assert.deepEqual([verdict, evidence.checks[0]?.coverage], ['pass', { lineRate: 0.75, lines: 40 }]);
    const without = await check('true');
    assert.equal(without.verdict, 'fail');
    assert.match(without.reason, /declares reports\/lcov.info, which reports no coverage/);
  });
});

describe('steps that must be confined', () => {
  it('do not run where they cannot be', async () => {
    const runner = createStepRunner({
      path: process.env['PATH'] ?? '',
      confinement: { kind: 'group' },
      confinementRequired: true,
    });
    const step = { command: 'true', directory: '/tmp', env: {}, timeoutMs: 1000 };
    await assert.rejects(
      runner.run(step, () => undefined, new AbortController().signal),
      (error) => error instanceof SlipwayError && error.code === 'confinement_missing',
    );
  });
});
