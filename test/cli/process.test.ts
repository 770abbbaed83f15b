import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, describe, test } from 'node:test';
import { COMMIT, openCliScene, releaseOf } from './scene.js';

const CLI = fileURLToPath(new URL('../../../bin/slipway.mjs', import.meta.url));
const scene = await openCliScene();
after(() => scene.close());

const start = (words: readonly string[]) => {
  const child = spawn(process.execPath, [CLI, ...words, '--home', scene.home, '--url', scene.url], {
    env: { PATH: process.env['PATH'] ?? '', NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return { child, stderr: () => stderr, exit: once(child, 'close').then(([code]) => code as number | null) };
};

test('Ctrl-C while waiting ends with 130, and says that the release goes on', async () => {
  scene.answers(() => ({ json: releaseOf() }));
  const waiting = start(['release', 'show', `flights/${COMMIT}`, '--wait']);
  await once(waiting.child.stderr, 'data');
  waiting.child.kill('SIGINT');
  assert.equal(await waiting.exit, 130);
  assert.match(waiting.stderr(), /interrupted; what was asked for goes on/);
});

test('a reader that has gone is no error', async () => {
  scene.answers(() => ({ text: 'line\n'.repeat(200_000) }));
  const logs = start(['release', 'logs', `flights/${COMMIT}`]);
  await once(logs.child.stdout, 'data');
  logs.child.stdout.destroy();
  assert.equal(await logs.exit, 0);
  assert.equal(logs.stderr(), '');
});

test('a variable with a wrong value is named, without its value', async () => {
  const child = spawn(process.execPath, [CLI, 'whoami'], {
    env: { SLIPWAY_URL: 'secret' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [code] = (await once(child, 'close')) as [number];
  assert.equal(code, 2);
  assert.match(stderr, /config_invalid: SLIPWAY_URL is not an http or https address/);
  assert.doesNotMatch(stderr, /secret/);
});

describe('labels import', () => {
  const file = (name: string, text: string): string => {
    const path = join(scene.home, name);
    writeFileSync(path, text);
    return path;
  };
  const LABELS = [
    { predictionId: 'a#0', label: 1, observedAt: 5 },
    { predictionId: 'a#1', label: 0, observedAt: 6 },
  ];

  test('sends lines of JSON, and CSV', async () => {
    const json = file('l.ndjson', LABELS.map((label) => `${JSON.stringify(label)}\n`).join(''));
    const csv = file('l.csv', 'label,prediction_id,observed_at\n1,a#0,5\n\n0,"a#1",1970-01-01T00:00:00.006Z\n');
    for (const path of [json, csv]) {
      scene.answers(() => ({ status: 202, json: { batchId: 'b', labels: 2 } }));
      const ran = await scene.run(['labels', 'import', 'flights', 'production', path, '--json']);
      assert.deepEqual(JSON.parse(ran.stdout), { labels: 2, batches: 1 });
      assert.deepEqual(scene.asked[0]?.body, { labels: LABELS });
      assert.equal(scene.asked[0]?.path, '/api/v1/models/flights/environments/production/labels');
    }
  });

  test('in batches that the API takes', async () => {
    const many = file('many.ndjson', `${JSON.stringify(LABELS[0])}\n`.repeat(50_001));
    scene.answers(() => ({ status: 202, json: {} }));
    const ran = await scene.run(['labels', 'import', 'flights', 'production', many, '--json']);
    assert.deepEqual(JSON.parse(ran.stdout), { labels: 50_001, batches: 2 });
  });

  for (const [name, text, place] of [
    [
      'wrong.ndjson',
      '{"predictionId":"a#0","label":1,"observedAt":5}\n{"predictionId":"a#1","label":2,"observedAt":5}\n',
      /wrong.ndjson:2: expected/,
    ],
    ['broken.ndjson', 'not json\n', /broken.ndjson:1: expected/],
    ['wrong.csv', 'id,label\n', /wrong.csv:1: has no column prediction_id, observed_at/],
    ['empty.csv', 'prediction_id,label,observed_at\na#0,,5\n', /empty.csv:2: expected/],
  ] as const) {
    test(`refuses ${name}, naming the line`, async () => {
      const ran = await scene.run(['labels', 'import', 'flights', 'production', file(name, text)]);
      assert.equal(ran.exit, 2);
      assert.match(ran.stderr, place);
    });
  }

  test('refuses a file that is not there', async () => {
    const ran = await scene.run(['labels', 'import', 'flights', 'production', join(scene.home, 'nothing.csv')]);
    assert.equal(ran.exit, 2);
    assert.match(ran.stderr, /cannot be read/);
  });
});
