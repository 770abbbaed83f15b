import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { ERRORS } from '../../src/domain/errors/table.js';
import { COMMIT, openCliScene, releaseOf, summaryOf } from './scene.js';

const scene = await openCliScene();
after(() => scene.close());
const OTHER = 'b'.repeat(40);

describe('a model names', () => {
  const summaries = [summaryOf(OTHER, 1), summaryOf(COMMIT, 2)];
  const shownOf = async (...waiting: readonly string[]) => {
    scene.answers(({ path }) => {
      if (path.startsWith('/api/v1/approvals?'))
        return { json: { approvals: waiting.map((releaseId) => ({ releaseId })) } };
      return { json: path.includes('/releases?') ? { releases: summaries } : releaseOf() };
    });
    const { exit, stderr } = await scene.run(['release', 'show', 'flights']);
    return exit === 0 ? scene.asked.at(-1)?.path : stderr;
  };

  test('its release that waits for a decision, as in approve', async () => {
    assert.equal(await shownOf(`release/flights/${OTHER}`, 'release/other/c'), `/api/v1/releases/flights/${OTHER}`);
  });
  test('its latest where none waits', async () => {
    assert.equal(await shownOf('release/other/c'), `/api/v1/releases/flights/${COMMIT}`);
  });
  test('none where several wait', async () => {
    assert.match((await shownOf(`release/flights/${OTHER}`, `release/flights/${COMMIT}`)) ?? '', /name one of/);
  });
});

describe('release show', () => {
  const shown = async (checks?: readonly object[]) => {
    scene.answers(({ path }) => ({
      json: path.includes('?') ? { releases: [summaryOf(COMMIT)] } : releaseOf(checks === undefined ? {} : { checks }),
    }));
    return (await scene.run(['release', 'show', COMMIT])).stdout;
  };
  const unit = { name: 'unit', kind: 'unit', passed: true, reason: '' };

  test('says how long checks and their tests took, what was skipped, and how much is covered', async () => {
    const tests = { total: 40, skipped: 7, failing: ['a', 'b'], durationMs: 1250 };
    const text = await shown([{ ...unit, durationMs: 61_000, tests, coverage: { lineRate: 0.875, lines: 400 } }]);
    assert.match(text, /Check +Verdict +Took +Tests +Skipped +Failing +Coverage/);
    assert.match(text, /unit +pass +1\.0 min +40 in 1\.3 s +7 +2 +87\.5 % of 400 lines/);
  });
  test('reads checks from before their durations were kept, and a release that has none', async () => {
    assert.match(await shown([{ ...unit, tests: { total: 40, skipped: 0, failing: [] } }]), /unit +pass +40 +0 +0/);
    assert.doesNotMatch(await shown(), /Check +Verdict|undefined/);
  });
});

describe('release start --wait ends with the exit code of the outcome', () => {
  const OUTCOMES: readonly (readonly [outcome: string, blockedBy: string | undefined, exit: number])[] = [
    ['promoted', undefined, 0],
    ['provisional', undefined, 0],
    ['failed', undefined, 1],
    ['rejected', undefined, 3],
    ['blocked', 'fail', 4],
    ['blocked', 'inconclusive', 5],
    ['blocked', 'insufficient_data', 6],
    ['blocked', 'error', 7],
    ['superseded', undefined, 10],
    ['expired', undefined, 10],
    ['cancelled', undefined, 10],
    ['rolled_back', undefined, 11],
  ];
  for (const [outcome, blockedBy, exit] of OUTCOMES) {
    test(`${outcome}${blockedBy === undefined ? '' : ` (${blockedBy})`}: ${exit}`, async () => {
      let looks = 0;
      scene.answers(({ method }) => {
        if (method === 'POST') return { json: { releaseId: `release/flights/${COMMIT}`, started: true } };
        looks += 1;
        // The API may be started again while somebody waits.
        if (looks === 2) return { problem: 'temporal_unreachable' };
        return {
          json: looks < 3 ? releaseOf() : releaseOf({ outcome, ...(blockedBy === undefined ? {} : { blockedBy }) }),
        };
      });
      const ran = await scene.run(['release', 'start', '--model', 'flights', '--wait', '--json']);
      assert.equal(ran.exit, exit);
      assert.equal((JSON.parse(ran.stdout) as { outcome: string }).outcome, outcome);
      assert.match(ran.stderr, /: build\n/);
    });
  }

  test('a release that takes longer than --timeout goes on, and the command ends', async () => {
    scene.answers(({ method }) => ({
      json: method === 'POST' ? { releaseId: `release/flights/${COMMIT}`, started: true } : releaseOf(),
    }));
    const { exit, stderr } = await scene.run(['release', 'start', '--model', 'flights', '--wait', '--timeout', '1ms']);
    assert.equal(exit, 9);
    assert.match(stderr, /timed_out: .* has not ended within 1ms; it goes on/);
  });
});

test('release start sends what was said, with parameters of their types', async () => {
  scene.answers(({ method }) => ({
    json: method === 'GET' ? { models: [{ name: 'flights' }] } : { releaseId: 'release/flights/x', started: true },
  }));
  await scene.run([
    'release',
    'start',
    '--commit',
    COMMIT,
    '--reason',
    'retrain',
    '--param',
    'trees=90',
    'fast=true',
    'data.until=2001-05-01',
    '--as',
    'reviewer',
  ]);
  assert.deepEqual(scene.asked.at(-1), {
    method: 'POST',
    path: '/api/v1/releases',
    body: {
      model: 'flights',
      commit: COMMIT,
      reason: 'retrain',
      trigger: 'retrain',
      params: { trees: 90, fast: true, 'data.until': '2001-05-01' },
    },
    authorization: 'Bearer token-of-reviewer',
    idempotencyKey: undefined,
  });
});

describe('a release is named by', () => {
  const known = [
    summaryOf(COMMIT, 5),
    summaryOf(`${OTHER}.0123456789ab`, 9),
    summaryOf(OTHER, 7),
    summaryOf(OTHER, 3, 'other'),
  ];
  const NAMES: readonly (readonly [typed: string, found: string])[] = [
    [`release/flights/${OTHER}`, `flights/${OTHER}`],
    [`flights/${OTHER}.0123456789ab`, `flights/${OTHER}.0123456789ab`],
    [COMMIT, `flights/${COMMIT}`],
    ['4f1c', `flights/${COMMIT}`],
    ['latest', `flights/${OTHER}.0123456789ab`],
    [`${OTHER}.01`, `flights/${OTHER}.0123456789ab`],
    ['other/bb', `other/${OTHER}`],
  ];
  for (const [typed, found] of NAMES) {
    test(`${typed.slice(0, 20)}…`, async () => {
      // Two pages: the first one says where the second begins.
      scene.answers(({ path }) => {
        if (!path.includes('?')) return { json: releaseOf() };
        return {
          json: path.includes('cursor=more')
            ? { releases: known.slice(2) }
            : { releases: known.slice(0, 2), cursor: 'more' },
        };
      });
      const { exit, stderr } = await scene.run(['release', 'show', typed]);
      assert.equal(exit, 0, stderr);
      assert.equal(scene.asked.at(-1)?.path, `/api/v1/releases/${found}`);
    });
  }

  test('a beginning of several is refused, naming them', async () => {
    scene.answers(() => ({ json: { releases: known } }));
    const { exit, stderr } = await scene.run(['release', 'show', 'bb']);
    assert.equal(exit, 2);
    assert.match(stderr, new RegExp(`flights/${OTHER}, other/${OTHER}|flights/${OTHER}\\.0123456789ab`));
  });

  test('what is no release is not found', async () => {
    scene.answers(() => ({ json: { releases: [] } }));
    for (const typed of ['latest', 'abcd'])
      assert.equal((await scene.run(['release', 'show', typed])).exit, ERRORS.not_found.exit);
  });
});

test('text of others does not steer the terminal', async () => {
  scene.answers(() => ({
    json: releaseOf({ reason: 'broken \u001b[2J\u001b]0;title\u0007\u202e end', outcome: 'failed' }),
  }));
  const { stdout } = await scene.run(['release', 'show', `flights/${COMMIT}`]);
  assert.match(stdout, /broken .*end/);
  assert.doesNotMatch(stdout, /[\u001b\u0007\u202e]/);
});

test('colours are for a terminal that shows them, whatever the environment of a pipe says', async () => {
  scene.answers(() => ({ json: releaseOf({ outcome: 'failed' }) }));
  const printed = async (stdout: { isTTY?: boolean; hasColors?: () => boolean }): Promise<string> => {
    let text = '';
    const streams = { stdout: { ...stdout, write: (part: string) => (text += part) }, stderr: { write: () => true } };
    await scene.run(['release', 'show', `flights/${COMMIT}`], { streams });
    return text;
  };
  assert.match(await printed({ isTTY: true, hasColors: () => true }), /\u001b\[31mfailed/);
  for (const plain of [{}, { isTTY: true, hasColors: () => false }])
    assert.doesNotMatch(await printed(plain), /\u001b/);
});
