import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { ERRORS, type ErrorCode } from '../../src/domain/errors/table.js';
import { COMMIT, openCliScene, releaseOf, type Answer, type Asked } from './scene.js';

const scene = await openCliScene();
after(() => scene.close());

const VERSION = { artifactDigest: `sha256:${'1'.repeat(64)}`, releaseId: `release/flights/${COMMIT}`, commit: COMMIT };
const INCIDENT = {
  incidentId: 'incident/flights/production/drift.hour',
  status: 'open',
  openedAt: 0,
  owner: 'oncall',
  alertsDelivered: 1,
  timeline: [],
  findings: [],
};
const COLUMN = {
  feature: 'hour',
  verdict: 'pass',
  distance: 0.1,
  interval: [0, 0.2],
  pValue: 0.5,
  psi: 0.01,
  current: [1],
};
const REPORT = {
  model: 'flights',
  environment: 'production',
  window: { start: 0, end: 1 },
  verdict: 'pass',
  rows: 10,
  quality: [],
  features: [COLUMN],
  prediction: COLUMN,
  performance: { verdict: 'pass', reason: 'as before' },
  findings: [],
};
const RATE = { count: 0, of: 0 };

const PLACE = { model: 'flights', environment: 'production', epoch: 1 };
const ROLLBACK_PLAN = {
  ...{ ...PLACE, plan: VERSION.artifactDigest, to: VERSION, undone: [], behind: [] },
  ...{ evidence: [], inputs: [], holds: [], incidents: [] },
};
const ROLLOUT = {
  ...{ ...PLACE, kind: 'release', status: 'holding', reason: 'r', startedAt: 0, candidate: VERSION, weight: 10 },
  ...{ steps: [], shifts: [], looks: [], said: [] },
};

/** What each route answers when all is well. */
const WELL: readonly (readonly [RegExp, unknown])[] = [
  [
    /^GET \/api\/v1\/whoami/,
    { name: 'author', kind: 'person', person: 'author', roles: ['author'], grants: [], installation: 'here' },
  ],
  [/^GET \/api\/v1\/models$/, { models: [{ name: 'flights', branch: 'main' }] }],
  [/^GET \/api\/v1\/status/, { environments: [], sources: [], approvals: [], incidents: [] }],
  [/^POST \/api\/v1\/releases$/, { releaseId: `release/flights/${COMMIT}`, started: true }],
  [
    /^GET \/api\/v1\/releases\?/,
    {
      releases: [
        { releaseId: `release/flights/${COMMIT}`, model: 'flights', commit: COMMIT, startedAt: 0, running: true },
      ],
    },
  ],
  [/^GET \/api\/v1\/releases\/[^/]+\/[^/]+$/, releaseOf()],
  [/\/comments\?/, { comments: [] }],
  [/decisions\/token$/, { statement: 'a.b.c', workflowId: `release/flights/${COMMIT}`, expiresAt: 0 }],
  [/decisions$/, { jti: 'x', counted: true, state: 'approved' }],
  [/\/cancel$/, { releaseId: `release/flights/${COMMIT}` }],
  [
    /^GET \/api\/v1\/approvals/,
    { approvals: [{ releaseId: `release/flights/${COMMIT}`, model: 'flights', mine: true }] },
  ],
  [/\/rollback$/, { requestId: 'r', to: VERSION }],
  [/\/rollback-plan$/, ROLLBACK_PLAN],
  [/\/rollout$/, ROLLOUT],
  [/\/rollout\/pause$/, { changed: true, rollout: ROLLOUT }],
  [/\/drift\/check$/, { scheduleId: 'drift/flights/production' }],
  [/^GET \/api\/v1\/links\?/, { path: '/api/v1/releases/flights/x/report?until=1&sig=x', until: 1 }],
  [/\/drift\/reports\?/, { reports: [] }],
  [/\/drift\/reports\/latest$/, REPORT],
  [/^GET \/api\/v1\/incidents(\?.*)?$/, { incidents: [INCIDENT] }],
  [/^(GET|POST) \/api\/v1\/incidents\//, INCIDENT],
  [
    /^GET \/api\/v1\/insights/,
    {
      releases: 0,
      underWay: 0,
      outcomes: {},
      stages: [],
      gateBlocks: RATE,
      rollbacks: RATE,
      retrainWins: RATE,
      bypasses: { hotfixes: 0, freezeOverrides: 0, breakGlass: 0 },
      latest: [],
    },
  ],
];

const well = ({ method, path }: Asked): Answer => {
  if (path.includes('/logs')) return { text: 'line 1\nline 2\n' };
  const found = WELL.find(([route]) => route.test(`${method} ${path}`));
  return found === undefined ? { problem: 'route_unknown' } : { json: found[1] };
};

/** Every command that asks the API, as a person types it. */
const COMMANDS: readonly (readonly string[])[] = [
  ['whoami'],
  ['status'],
  ['release', 'start'],
  ['release', 'list'],
  ['release', 'show', COMMIT],
  ['release', 'logs', 'latest'],
  ['release', 'cancel', '4f1c'],
  ['release', 'report', '4f1c'],
  ['approvals'],
  ['approve', 'flights'],
  ['approve', '4f1c', '--print-token'],
  ['reject', 'latest', '--reason', 'worse'],
  ['rollback', 'flights', 'production', '--no-wait'],
  ['rollback', 'flights', 'production', '--plan'],
  ['rollout', 'show', 'flights', 'production'],
  ['rollout', 'pause', 'flights', 'production', '--reason', 'odd'],
  ['drift', 'check', 'flights', 'production'],
  ['drift', 'report', 'flights', 'production'],
  ['drift', 'report', 'flights', 'production', '--list'],
  ['incident', 'list'],
  ['incident', 'show', 'incident/flights/production/drift.hour'],
  ['incident', 'ack', 'incident/flights/production/drift.hour'],
  ['incident', 'resolve', 'incident/flights/production/breakglass.c', '--reason', 'over'],
  ['insights'],
];

describe('every command', () => {
  for (const words of COMMANDS) {
    test(`slipway ${words.join(' ')}: with --json stdout is one document, and nothing else`, async () => {
      scene.answers(well);
      const { exit, stdout } = await scene.run([...words, '--json']);
      assert.equal(exit, 0);
      assert.match(stdout, /^[^\n]+\n$/);
      assert.equal(typeof JSON.parse(stdout), 'object');
    });

    test(`slipway ${words.join(' ')}: for a person it is text`, async () => {
      scene.answers(well);
      const { exit, stdout, stderr } = await scene.run(words);
      assert.equal(exit, 0, stderr);
      assert.notEqual(stdout.trim(), '');
    });

    test(`slipway ${words.join(' ')}: an error has its code, what to do, and its exit code`, async () => {
      for (const code of ['forbidden', 'temporal_unreachable'] as const) {
        scene.answers(() => ({ problem: code }));
        const { exit, stdout, stderr } = await scene.run([...words, '--json']);
        assert.equal(exit, ERRORS[code].exit);
        const { error } = JSON.parse(stdout) as { error: Readonly<Record<string, string>> };
        assert.deepEqual([error['code'], error['action']], [code, ERRORS[code].action]);
        assert.ok(stderr.includes(code) && stderr.includes(ERRORS[code].action));
      }
    });
  }

  test('has help with examples and exit codes, on stdout', async () => {
    const help = await scene.help([]);
    assert.match(help, /Exit codes:/);
    for (const command of [...COMMANDS, ['validate'], ['doctor'], ['dev']]) {
      const words = command.slice(0, ['release', 'rollout', 'drift', 'incident'].includes(command[0]!) ? 2 : 1);
      const text = await scene.help(words);
      assert.match(text, /Examples:\n  \$ slipway /, words.join(' '));
      assert.match(text, /Exit codes: 0 /, words.join(' '));
      for (const option of ['--json', '--as', '--home', '--url'])
        assert.ok(text.includes(option), `${words.join(' ')} ${option}`);
    }
  });
});

/** Commander writes its help to the process's own stdout. */
test('every code of the error table ends with its exit code', async () => {
  for (const code of Object.keys(ERRORS) as ErrorCode[]) {
    scene.answers(() => ({ problem: code }));
    assert.equal((await scene.run(['whoami'])).exit, ERRORS[code].exit, code);
  }
});

test('wrong words are usage, also as JSON', async () => {
  for (const words of [
    ['nothing'],
    ['rollback', 'flights'],
    ['release', 'show', '--wrong'],
    ['approve', 'a', 'b', 'c'],
  ]) {
    const { exit, stdout } = await scene.run([...words, '--json']);
    assert.equal(exit, 2, words.join(' '));
    assert.equal((JSON.parse(stdout) as { error: { code: string } }).error.code, 'usage');
  }
});

test('silence, and something that is no Slipway, are api_unreachable', async () => {
  const silent = await scene.run(['whoami', '--url', 'http://127.0.0.1:9']);
  assert.deepEqual([silent.exit, /api_unreachable/.test(silent.stderr)], [9, true]);
  scene.answers(() => ({ text: '<html>hello</html>' }));
  assert.equal((await scene.run(['whoami'])).exit, 9);
});
