import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import type { DevRequest } from '../../src/cli/commands/dev.js';
import type { Finding } from '../../src/cli/commands/local.js';
import { examineInstallation } from '../../src/cli/doctor.js';
import { table } from '../../src/cli/table.js';
import { createGitRepository } from '../fixtures/gitRepository.js';
import { openCliScene, type Answer } from './scene.js';

const scene = await openCliScene();
const folder = mkdtempSync(join(tmpdir(), 'slipway-spec-'));
after(async () => {
  rmSync(folder, { recursive: true });
  await scene.close();
});
const EXAMPLE = 'examples/flight-delay';

describe('validate', () => {
  test('a valid file is summed up', async () => {
    const { exit, stdout } = await scene.run(['validate', EXAMPLE]);
    assert.equal(exit, 0);
    assert.match(stdout, /slipway.yaml is valid: flight-delay/);
  });

  test('every mistake has its line and column, for people and programs', async () => {
    const good = readFileSync(join(EXAMPLE, 'slipway.yaml'), 'utf8');
    writeFileSync(
      join(folder, 'slipway.yaml'),
      good.replace('model: flight-delay', 'modle: flight-delay').replace('owners: [oncall]', 'owners: oncall'),
    );
    const { exit, stdout } = await scene.run(['validate', folder]);
    assert.equal(exit, 2);
    assert.match(stdout, /slipway\.yaml:2:1: modle: unknown key .*did you mean model\?/);
    assert.match(stdout, /slipway\.yaml:4:\d+: owners/);
    const { problems } = JSON.parse((await scene.run(['validate', folder, '--json'])).stdout) as {
      problems: readonly { line: number; column: number }[];
    };
    assert.ok(problems.length >= 2 && problems.every(({ line, column }) => line > 0 && column > 0));
  });

  test('an environment that would refuse every release is warned of, with its line and what to write', async () => {
    const good = readFileSync(join(EXAMPLE, 'slipway.yaml'), 'utf8');
    const unproven = good.replace(
      '{ name: test, verify: { smokeRows: 100 } }',
      '{ name: test, verify: { smokeRows: 0 } }',
    );
    assert.notEqual(unproven, good);
    const validated = async (text: string) => {
      writeFileSync(join(folder, 'slipway.yaml'), text);
      const said = await scene.run(['validate', folder]);
      const json = JSON.parse((await scene.run(['validate', folder, '--json'])).stdout) as {
        readonly valid: boolean;
        readonly warnings?: readonly { readonly path: string }[];
      };
      return { ...said, json };
    };
    const { exit, stdout, json } = await validated(unproven);
    assert.equal(exit, 0, 'it is valid all the same');
    assert.match(
      stdout,
      /^warning: .*slipway\.yaml:61:\d+: environments\[1\]\.approval: staging will refuse every release: .* \(expected verify: \{ smokeRows: 100 \} or gates in test, or approval: \{ roles: \[\.\.\.\] \} here\)$/m,
    );
    assert.deepEqual([json.valid, json.warnings?.map(({ path }) => path)], [true, ['environments[1].approval']]);
    assert.equal((await validated(good)).json.warnings, undefined);
  });

  test('what asks less than the operator of this home is refused, with its line', async () => {
    const termsOf = async (_: string, model: string) => ({
      minimum: [
        {
          name: model === 'flight-delay' ? 'production' : 'none',
          approval: { roles: ['reviewer'], quorum: 3 },
          gates: [],
        },
      ],
    });
    const { exit, stdout } = await scene.run(['validate', EXAMPLE], { termsOf });
    assert.equal(exit, 2);
    assert.match(
      stdout,
      /slipway\.yaml:\d+:\d+: environments\[2\]\.approval\.quorum: asks only 1 .*at least 3 of reviewer/,
    );
  });

  test('an environment that the operator of this home does not have is refused, with its line and the nearest', async () => {
    const termsOf = async () => ({ environments: ['tests', 'staging', 'prod'] });
    const { exit, stdout } = await scene.run(['validate', EXAMPLE], { termsOf });
    assert.equal(exit, 2);
    assert.match(
      stdout,
      /slipway\.yaml:\d+:\d+: environments\[0\]\.name: there is no environment "test" \(expected one of tests, staging, prod; did you mean tests\?\)\n.*environments\[2\]\.name: there is no environment "production"/,
    );
  });

  test('a folder without the file says so', async () => {
    const { exit, stdout } = await scene.run(['validate', join(folder, 'nothing')]);
    assert.equal(exit, 2);
    assert.match(stdout, /there is no such file/);
  });
});

describe('doctor', () => {
  const finding = (ok: boolean, advice?: boolean) => ({
    check: 'store',
    ok,
    detail: 'as it is',
    ...(advice === undefined ? {} : { advice }),
  });
  for (const [name, found, exit] of [
    ['all is well', finding(true), 0],
    ['something does not answer', finding(false), 9],
    ['protection is missing', finding(false, true), 0],
  ] as const) {
    test(`${name}: ${exit}`, async () => {
      const ran = await scene.run(['doctor', '--json'], { examine: async () => [found] });
      assert.equal(ran.exit, exit);
      assert.deepEqual(JSON.parse(ran.stdout), { findings: [found] });
    });
  }
});

describe('doctor, of the repositories', () => {
  const problem = { code: 'repository_unreachable', message: 'there is no repository at /flights', since: 0 };
  const asked = async (answer: Answer) => {
    scene.answers(({ path }) => (path === '/api/v1/status' ? answer : { json: { checks: {} } }));
    const unknown = () => Promise.resolve(undefined);
    const parts = {
      probeStore: () => Promise.resolve(),
      ledgerLock: unknown,
      steps: async () => ({ runner: 'process' as const }),
      temporalAddress: () => undefined,
      asksForCredentials: unknown,
      unheard: () => [],
    };
    const ran = await scene.run(['doctor', '--json'], { examine: (cli) => examineInstallation(cli, parts) });
    const { findings } = JSON.parse(ran.stdout) as { findings: readonly Finding[] };
    return { exit: ran.exit, found: findings.filter(({ check }) => check.startsWith('repositor')) };
  };
  const ofFlights = (more: object): Answer => ({ json: { sources: [{ model: 'flights', branch: 'main', ...more }] } });

  test('one that cannot be read fails', async () => {
    const { exit, found } = await asked(ofFlights({ commit: 'a'.repeat(40), problem }));
    assert.equal(exit, 9);
    assert.deepEqual(
      found.map(({ check, ok, advice }) => [check, ok, advice]),
      [['repository of flights', false, undefined]],
    );
    assert.match(found[0]?.detail ?? '', /cannot be read since .*there is no repository at \/flights/);
  });

  test('one without a slipway.yaml yet is no failure, and neither is a status that may not be seen', async () => {
    for (const answer of [ofFlights({ skipped: 'a'.repeat(40) }), { problem: 'unauthenticated' } as const]) {
      const { found } = await asked(answer);
      assert.deepEqual(
        found.map(({ ok, advice }) => [ok, advice]),
        [[false, true]],
      );
    }
  });
});

describe('dev', () => {
  const requested = async (...words: readonly string[]): Promise<DevRequest | string> => {
    let request: DevRequest | undefined;
    const ran = await scene.run(['dev', ...words], {
      startDev: async (given) => {
        request = given;
        throw new Error('stop here');
      },
    });
    return request ?? ran.stderr;
  };

  test('says where each environment answers, also over gRPC', async () => {
    const environments = [
      { name: 'staging', url: 'http://127.0.0.1:1' },
      { name: 'production', url: 'http://127.0.0.1:2', grpc: '127.0.0.1:3' },
    ];
    const stop = async (): Promise<void> => undefined;
    const ran = scene.run(['dev'], {
      startDev: async () => {
        setTimeout(() => process.emit('SIGHUP'), 20);
        return { url: 'http://127.0.0.1:9', lost: false, environments, stop, kill: () => undefined };
      },
    });
    const { stdout } = await ran;
    assert.match(
      stdout,
      /^Predictions {7}http:\/\/127\.0\.0\.1:1 \(staging\)\n {18}http:\/\/127\.0\.0\.1:2 \(production; gRPC 127\.0\.0\.1:3\)$/m,
    );
  });

  const withoutAuthors = ({ models }: DevRequest) => models.map(({ authors: _, ...model }) => model);

  test('takes models by name, address and branch', async () => {
    const request = (await requested(
      '--model',
      'a=https://git.example.com/a.git#release',
      'git@host:b.git',
      '--workers',
      '2',
      '--port',
      '7600',
    )) as DevRequest;
    assert.deepEqual(withoutAuthors(request), [
      { name: 'a', url: 'https://git.example.com/a.git', branch: 'release', branchGiven: true, clock: 'wall' },
      { name: 'b', url: 'git@host:b.git', branch: 'main', branchGiven: false, clock: 'wall' },
    ]);
    assert.deepEqual([request.workers, request.ports], [2, { api: 7600 }]);
  });

  test('watches the branch that is checked out, in the name of who commits there', async () => {
    const repository = createGitRepository(join(folder, 'ferries'));
    const nothing = await requested('--model', `ferries=${repository.directory}`);
    assert.match(nothing as string, /usage: .*ferries has no branch main: nothing was committed yet/);
    repository.git('checkout', '-q', '-b', 'master');
    repository.git('config', 'user.email', 'committer@example.org');
    const spec = readFileSync(join(EXAMPLE, 'slipway.yaml'), 'utf8');
    repository.commit({ 'slipway.yaml': spec }, 'writer@example.org');
    const request = (await requested('--repository', repository.directory)) as DevRequest;
    assert.deepEqual(request.models, [
      {
        name: 'flight-delay',
        url: repository.directory,
        branch: 'master',
        branchGiven: false,
        authors: ['committer@example.org', 'writer@example.org'],
        clock: 'wall',
      },
    ]);
    const missing = await requested('--repository', `${repository.directory}#main`);
    assert.match(missing as string, /usage: .*ferries has no branch main: there are master/);
    repository.git('checkout', '-q', '--detach');
    assert.match((await requested('--repository', repository.directory)) as string, /no branch is checked out in/);
    const named = (await requested('--model', `ferries=${repository.directory}#master`)) as DevRequest;
    assert.deepEqual(
      named.models.map(({ name, branch, branchGiven }) => [name, branch, branchGiven]),
      [['ferries', 'master', true]],
    );
  });

  test('refuses numbers that are none, and folders that are no repository', async () => {
    assert.match((await requested('--workers', 'many')) as string, /usage: --workers must be 1 to 16, not many/);
    assert.match((await requested('--port', '0')) as string, /usage: --port must be/);
    assert.match((await requested('--repository', folder)) as string, /usage: .* is not the root of a Git repository/);
    assert.match((await requested('--clock', 'sun')) as string, /usage: --clock is wall or arrivals/);
  });
});

describe('a table', () => {
  const rows = [
    ['flights', 'a'.repeat(60)],
    ['b', 'short'],
  ];
  test('stays within the terminal', () => {
    const drawn = table(['Model', 'Why'], rows, { width: 40 });
    assert.ok(
      drawn.split('\n').every((line) => line.length <= 40),
      drawn,
    );
    assert.equal(drawn.replaceAll(/[^a]/g, '').length, 60);
  });
  test('breaks prose between its words, and takes from names only what prose cannot give', () => {
    const name = 'incident/flights/production';
    const drawn = table(['Incident', 'Why'], [[name, 'the wind has turned since it learned']], { width: 44 });
    assert.deepEqual(drawn.split('\n').slice(1), [
      `${name}  the wind has`,
      `${' '.repeat(29)}turned since it`,
      `${' '.repeat(29)}learned`,
    ]);
  });
  test('has one line per row where there is no terminal', () => {
    assert.equal(table(['Model', 'Why'], rows).split('\n').length, 3);
  });
});
