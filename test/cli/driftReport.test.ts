import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openCliScene } from './scene.js';

const scene = await openCliScene();
after(() => scene.close());

const column = (feature: string, current: readonly number[]) => ({
  feature,
  verdict: current.length === 0 ? 'inconclusive' : 'pass',
  distance: 0,
  interval: [0, 0],
  pValue: 1,
  psi: 0,
  current,
});
const REPORT = {
  model: 'flights',
  environment: 'production',
  window: { start: 0, end: 1 },
  verdict: 'fail',
  rows: 10,
  quality: [],
  features: [column('judged', [1]), column('suppressed', [])],
  prediction: column('prediction', [1]),
  performance: { verdict: 'fail', reason: 'worse' },
  findings: [
    { kind: 'performance', subject: 'brier', reason: 'worse', pages: true },
    { kind: 'drift', subject: 'hour', reason: 'moved', pages: false },
  ],
};

test('drift report shows no numbers of a column that was not judged, and the incident of what pages', async () => {
  scene.answers(() => ({ json: REPORT }));
  const { stdout } = await scene.run(['drift', 'report', 'flights', 'production']);
  assert.match(stdout, /judged +pass +0\.000 /);
  assert.match(stdout, /suppressed +inconclusive +– +– +– +–/);
  assert.match(stdout, /next: slipway incident show incident\/flights\/production\/performance\.brier\n/);
  assert.doesNotMatch(stdout, /drift\.hour/);
});

test('a report is kept as a page, with a link that opens it', async () => {
  const link = { path: '/api/v1/releases/flights/x/report?until=1&sig=x', until: 1 };
  scene.answers(({ path }) => (path.startsWith('/api/v1/links') ? { json: link } : { text: '<h1>page</h1>' }));
  const file = join(scene.home, 'report.html');
  const ran = await scene.run(['drift', 'report', 'flights', 'production', '--out', file, '--json']);
  assert.deepEqual(JSON.parse(ran.stdout), { url: `${scene.url}${link.path}`, until: 1, file });
  assert.equal(readFileSync(file, 'utf8'), '<h1>page</h1>');
  const refused = await scene.run(['drift', 'report', 'flights', 'production', '--out', join(scene.home, 'no', 'x')]);
  assert.deepEqual([refused.exit, /cannot be written: ENOENT/.test(refused.stderr)], [2, true]);
});
