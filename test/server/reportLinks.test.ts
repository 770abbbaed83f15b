import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, it } from 'node:test';
import { createReportLinks } from '../../src/adapters/link-key/reportLinks.js';
import { COMMIT, digestOf, NOW, openScene } from './scene.js';

const REPORT = `/api/v1/releases/flights/${COMMIT}/report`;
const BROWSER = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
let now = NOW;
let scene: ReturnType<typeof openScene>;
beforeEach(async () => {
  now = NOW;
  scene = openScene({ now: () => now });
  const page = new TextEncoder().encode('<h1>the report</h1>');
  await scene.store.putDocument(`releases/flights/${COMMIT}/report.html`, page, 'text/html');
});

const linkTo = async (path: string): Promise<{ path: string; until: number }> => {
  const answer = await scene.ask('guest', 'GET', `/api/v1/links?to=${encodeURIComponent(path)}`);
  assert.equal(answer.statusCode, 200, answer.body);
  return answer.json();
};
const browse = (path: string) => scene.ask(undefined, 'GET', path, undefined, BROWSER);

describe('a link to a report', () => {
  it('opens it in a browser without a token, and as strict as ever', async () => {
    const { path, until } = await linkTo(REPORT);
    const page = await browse(path);
    assert.equal(page.statusCode, 200, page.body);
    assert.match(page.body, /the report/);
    assert.match(String(page.headers['content-security-policy']), /default-src 'none'.*sandbox/);
    assert.equal(page.headers['referrer-policy'], 'no-referrer');
    assert.equal(until, NOW + 3_600_000);
  });

  it('opens nothing else, nothing changed, and nothing after its hour', async () => {
    const { path } = await linkTo(REPORT);
    const query = path.slice(path.indexOf('?'));
    for (const [other, why] of [
      [`/api/v1/releases/flights/${'b'.repeat(40)}/report${query}`, 'another report'],
      [`/api/v1/releases/flights/${COMMIT}/evidence${query}`, 'another route'],
      [path.replace(/until=\d+/, `until=${NOW * 2}`), 'a later end'],
      [path.replace(/sig=./, 'sig=_'), 'another signature'],
      [path.replace(/sig=.*/, 'sig='), 'no signature'],
      [path.replace(/until=\d+&/, ''), 'no end'],
    ] as const)
      assert.equal((await browse(other)).statusCode, 401, why);
    now += 3_600_001;
    const late = await browse(path);
    assert.equal(late.statusCode, 401);
    assert.match(late.body, /this link has expired.*release report flights\/a{40} --open/s);
  });

  it('is given for reports alone, to who has a token', async () => {
    const drift = '/api/v1/models/flights/environments/production/drift/reports';
    for (const path of [`${drift}/latest`, `${drift}/${digestOf('1')}`]) await linkTo(path);
    for (const path of [
      drift,
      '/api/v1/releases',
      `${REPORT}/../evidence`,
      `${REPORT}?x=1`,
      'https://example.org/report',
    ]) {
      const answer = await scene.ask('guest', 'GET', `/api/v1/links?to=${encodeURIComponent(path)}`);
      assert.equal(answer.statusCode, 400, path);
    }
    assert.equal((await scene.ask(undefined, 'GET', `/api/v1/links?to=${REPORT}`)).statusCode, 401);
  });

  it('stays out of the log', async () => {
    const { path } = await linkTo(REPORT);
    const signature = path.split('sig=')[1] ?? '';
    const lines: string[] = [];
    const { pino } = await import('pino');
    const loud = openScene({ now: () => now, logger: pino({}, { write: (line: string) => void lines.push(line) }) });
    await loud.ask(undefined, 'GET', path, undefined, BROWSER);
    assert.ok(signature.length > 20 && !lines.join('').includes(signature), lines.join(''));
    // What nobody asked for there, but somebody wrote there.
    await loud.ask(undefined, 'GET', '/api/v1/approvals?token=secret-of-mine&limit=3', undefined, BROWSER);
    assert.ok(!lines.join('').includes('secret-of-mine'), lines.join(''));
  });
});

describe('who comes with a browser and no token', () => {
  it('reads at the front door what this is, and how a report is opened', async () => {
    const { statusCode, headers, body } = await browse('/');
    assert.equal(statusCode, 200);
    assert.match(String(headers['content-type']), /^text\/html/);
    assert.match(body, /slipway release report latest --open/);
  });

  it('reads in the place of a report which command opens it; a program gets the problem', async () => {
    const page = await browse(REPORT);
    assert.equal(page.statusCode, 401);
    assert.match(page.body, new RegExp(`slipway release report flights/${COMMIT} --open`));
    assert.equal((await scene.ask(undefined, 'GET', REPORT)).json<{ code: string }>().code, 'unauthenticated');
    const drift = await browse(`/api/v1/models/flights/environments/production/drift/reports/${digestOf('1')}`);
    assert.match(drift.body, /slipway drift report flights production --digest sha256:1{64} --open/);
    assert.doesNotMatch((await browse('/api/v1/releases/<script>/x/report')).body, /<script>/);
  });
});

describe('the key of links', () => {
  it('is made once, for the owner alone, and made again where it was cut off', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'slipway-links-'));
    const file = join(folder, 'links', 'key');
    const [one, two] = await Promise.all([createReportLinks(file), createReportLinks(file)]);
    assert.ok(two.holds('/a', 1, one.sign('/a', 1)));
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    await writeFile(file, 'short');
    const again = await createReportLinks(file);
    assert.equal((await readFile(file)).length, 32);
    assert.equal(again.holds('/a', 1, one.sign('/a', 1)), false);
    await rm(folder, { recursive: true });
  });
});
