import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { stripVTControlCharacters } from 'node:util';
import { fileURLToPath } from 'node:url';
import { after, describe, it } from 'node:test';
import { eventually } from '../fixtures/eventually.js';
import { COMMIT, openCliScene, releaseOf, type Asked, type Answer } from './scene.js';

const scene = await openCliScene();
after(() => scene.close());
const COMMAND = fileURLToPath(new URL('../../../bin/slipway.mjs', import.meta.url));
const OTHER = 'b'.repeat(40);
const waiting = [COMMIT, OTHER].map((commit, index) => ({
  releaseId: `release/flights/${commit}`,
  environment: 'production',
  since: index,
  remindAt: 5,
  expireAt: 9,
  mine: index === 0,
  decided: false,
}));

const api = ({ method, path }: Asked): Answer => {
  if (method === 'POST') return { json: { state: 'approved' } };
  if (path.startsWith('/api/v1/approvals')) return { json: { approvals: waiting } };
  if (path.includes('/links')) return { json: { path: '/x', until: 0 } };
  if (path.includes('/evidence')) return { json: {} };
  return { json: releaseOf() };
};

/** The command in a terminal of its own, of a width in columns. */
const inTerminal = (words: string, columns: number, variables: Readonly<Record<string, string>> = {}) => {
  const child = spawn(
    'script',
    ['-qec', `stty cols ${columns}; ${process.execPath} ${COMMAND} ${words}`, '/dev/null'],
    {
      env: { ...process.env, TERM: 'xterm', SLIPWAY_HOME: scene.home, SLIPWAY_URL: scene.url, ...variables },
    },
  );
  let shown = '';
  child.stdout.on('data', (bytes: Buffer) => (shown += bytes.toString()));
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  return {
    shown: () => shown,
    sees: (text: RegExp) => eventually(() => assert.match(stripVTControlCharacters(shown), text)),
    type: (keys: string) => void child.stdin.write(keys),
    ended,
  };
};

const without = spawnSync('script', ['-V']).status === 0 ? false : 'there is no script(1) to make a terminal';

describe('in a terminal where several releases wait', { skip: without }, () => {
  for (const columns of [40, 120])
    it(`approve asks which one, and whether, with ${columns} columns`, async () => {
      scene.answers(api);
      const terminal = inTerminal('approve --as reviewer', columns);
      await terminal.sees(/Which one\?/);
      terminal.type('\u001b[B\r');
      await terminal.sees(new RegExp('Approve'));
      terminal.type('y');
      assert.equal(await terminal.ended, 0);
      assert.equal(
        scene.asked.find(({ method }) => method === 'POST')?.path,
        `/api/v1/releases/flights/${OTHER}/decisions`,
      );
    });

  const EVIDENCE = { model: 'flights', stages: {} };
  const digest = `sha256:${createHash('sha256').update('{"model":"flights","stages":{}}').digest('hex')}`;
  const shows =
    (evidence: object) =>
    (asked: Asked): Answer =>
      asked.path.endsWith('/evidence')
        ? { json: evidence }
        : asked.path.endsWith(COMMIT) && asked.method === 'GET'
          ? {
              json: releaseOf({
                waiting: { environment: 'production', subject: { evidenceDigest: digest }, roles: [] },
              }),
            }
          : api(asked);

  it('approve names the evidence that it showed, for nothing else to be signed', async () => {
    scene.answers(shows(EVIDENCE));
    const terminal = inTerminal(`approve flights/${COMMIT} --as reviewer`, 120);
    await terminal.sees(/Approve flights/);
    terminal.type('y');
    assert.equal(await terminal.ended, 0);
    assert.deepEqual(scene.asked.at(-1)?.body, { decision: 'approve', reason: '', evidence: digest });
  });

  it('approve asks nothing where it would show other evidence than would be signed', async () => {
    scene.answers(shows({ ...EVIDENCE, stages: { 'gate.staging': {} } }));
    const terminal = inTerminal(`approve flights/${COMMIT} --as reviewer`, 120);
    await terminal.sees(/evidence_not_shown|Approve flights/);
    // Only a question is answered: an interrupt would reach the command while it ends, and its exit code would be that.
    if (/Approve flights/.test(terminal.shown())) terminal.type('\u0003');
    assert.equal(await terminal.ended, 3);
    assert.match(stripVTControlCharacters(terminal.shown()), /evidence_not_shown: .* waits with sha256:/);
    assert.ok(scene.asked.every(({ method }) => method === 'GET'));
  });

  it('nothing is decided where none is chosen', async () => {
    scene.answers(api);
    const terminal = inTerminal('approve --as reviewer', 80, { NO_COLOR: '1' });
    await terminal.sees(/Which one\?/);
    terminal.type('\u0003');
    assert.equal(await terminal.ended, 130);
    assert.ok(scene.asked.every(({ method }) => method === 'GET'));
    assert.doesNotMatch(terminal.shown(), /\u001b\[3[0-7]m/, 'NO_COLOR');
  });
});

describe('without a terminal', () => {
  it('approvals says what is for me, and what comes next', async () => {
    scene.answers(api);
    const { stdout } = await scene.run(['approvals', '--as', 'reviewer']);
    assert.match(stdout, /^For you +Release +Enters +Since +So far +Next +Expires/);
    assert.match(stdout, new RegExp(`^yes +flights/${COMMIT.slice(0, 12)} .*reminder, 1970-01-01 00:00:00`, 'm'));
  });
});
