import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { createCommandTarget, type CommandTargetOptions } from '../../src/adapters/process/commandTarget.js';
import type { Digest } from '../../src/domain/artifact/types.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import type { ErrorCode } from '../../src/domain/errors/table.js';
import type { Operation } from '../../src/domain/rollout/operationOf.js';
import type { TargetCommand, TargetVersion } from '../../src/domain/rollout/types.js';
import { eventually } from '../fixtures/eventually.js';

const PLATFORM = fileURLToPath(new URL('../../../test/fixtures/scriptedPlatform.mjs', import.meta.url));
const [first, second]: readonly Digest[] = [`sha256:${'a'.repeat(64)}`, `sha256:${'b'.repeat(64)}`];
const SECRET = 'a-token-of-the-platform';

const version = (artifactDigest: Digest, weight: number, role: TargetVersion['role'] = 'champion'): TargetVersion => ({
  ...{ artifactDigest, weight, role },
  releaseId: 'release/flight-delay/1',
  commit: '1'.repeat(40),
});
const command = (seq: number, ...versions: TargetVersion[]): TargetCommand => ({
  model: 'flight-delay',
  environment: 'production',
  fence: { epoch: 1, seq },
  versions,
});

const fails = (expected: ErrorCode, reason: RegExp) => (error: unknown) => {
  assert.ok(error instanceof SlipwayError, String(error));
  assert.equal(error.code, expected, error.message);
  assert.match(error.message, reason);
  return true;
};

describe('a target of programs', () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-platform-'));
    file = join(folder, 'platform.json');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const program = (operation: string, fault?: string) => [
    ...[process.execPath, PLATFORM, operation, file],
    ...(fault === undefined ? [] : [fault]),
  ];
  /** With one fault in its orders, or in its status. */
  const open = (
    faults: { readonly order?: string; readonly status?: string; readonly measure?: string } = {},
    more: Partial<CommandTargetOptions> = {},
  ) =>
    createCommandTarget({
      environment: 'production',
      programs: {
        deploy: program('deploy', faults.order),
        shift: program('shift', faults.order),
        rollback: program('rollback', faults.order),
        status: program('status', faults.status),
        ...(faults.measure === undefined ? {} : { measure: program('measure', faults.measure) }),
      },
      directory: folder,
      path: process.env['PATH'] ?? '',
      timeoutMs: 20_000,
      secrets: [{ variable: 'TOKEN', name: 'platform-token' }],
      secretStore: { read: async () => SECRET },
      inferenceUrl: 'https://models.invalid/',
      shadows: false,
      artifacts: { endpoint: 'https://store.invalid', region: 'eu-1', bucket: 'slipway' },
      ...more,
    });
  const platform = async () =>
    JSON.parse(await readFile(file, 'utf8')) as {
      readonly question: Readonly<Record<string, unknown>>;
      readonly argv: readonly string[];
      readonly variables: readonly string[];
      readonly orders: readonly Operation[];
    };

  it('tells a program everything on standard input, and no secret in arguments or environment', async () => {
    const state = await open().apply(command(1, version(first!, 100)));
    assert.equal(state.inferenceUrl, 'https://models.invalid');
    const { question, argv, variables } = await platform();
    assert.deepEqual(question, {
      version: 1,
      operation: 'deploy',
      environment: 'production',
      model: 'flight-delay',
      command: command(1, version(first!, 100)),
      artifacts: {
        endpoint: 'https://store.invalid',
        region: 'eu-1',
        bucket: 'slipway',
        manifests: { [first!]: `blobs/sha256/${'a'.repeat(64)}` },
      },
    });
    assert.deepEqual(argv, ['deploy', file]);
    assert.deepEqual(
      variables.filter((name) => name !== '__CF_USER_TEXT_ENCODING'),
      ['LANG', 'PATH', 'TOKEN'],
    );
  });

  it('calls the program that fits: deploy, shift, rollback', async () => {
    const target = open();
    await target.apply(command(1, version(first!, 100)));
    await target.apply(command(2, version(first!, 90), version(second!, 10, 'candidate')));
    await target.apply(command(3, version(first!, 50), version(second!, 50, 'candidate')));
    await target.apply(command(4, version(first!, 100)));
    await target.apply(command(5));
    assert.deepEqual((await platform()).orders, ['deploy', 'deploy', 'shift', 'rollback', 'rollback']);
  });

  it('tells nothing again that runs as told, and tells again what does not', async () => {
    const half = open({ status: 'other-weights' });
    const canary = command(1, version(first!, 90), version(second!, 10, 'candidate'));
    await assert.rejects(half.apply(canary), fails('target_mismatch', /has 10 % as champion, asked for were 90 %/));
    const target = open();
    await target.apply(canary);
    assert.deepEqual((await platform()).orders, ['deploy'], 'it runs as told');
    await assert.rejects(half.apply(canary), fails('target_mismatch', /10 % as champion/));
    assert.deepEqual((await platform()).orders, ['deploy', 'shift'], 'it did not run as told');
  });

  for (const [fault, code, reason] of [
    ['other-digest', 'served_digest_mismatch', /answers for sha256:f+, deployed was sha256:a+/],
    ['no-digest', 'target_answer_invalid', /version 0 is ready, and does not say which digest it serves/],
    ['one-missing', 'target_mismatch', /aaaaaaaaaaaa is missing/],
    ['old-fence', 'target_regressed', /status has epoch 0, sequence 0, told was epoch 1, sequence 1/],
    ['no-fence', 'target_answer_invalid', /the command is no object/],
    ['no-json', 'target_answer_invalid', /printed no JSON document: all is well/],
    ['silent', 'target_answer_invalid', /said nothing/],
  ] as const)
    it(`believes no status with the fault ${fault}`, () =>
      assert.rejects(open({ status: fault }).apply(command(1, version(first!, 100))), fails(code, reason)));

  it('shows what a status says without its secrets, printable, and not for ever', async () => {
    await open().apply(command(1, version(first!, 100)));
    const state = await open({ status: 'tells' }).observe('flight-delay', 'production');
    assert.equal(state?.inferenceUrl, 'https://models.invalid/token=***');
    assert.equal(state.versions[0]?.reason, `${'x'.repeat(995)} ***…`);
  });

  for (const [fault, code, reason] of [
    ['fails', 'target_unreachable', /exit code 9: line one\nno room on node 7, token \*\*\*$/],
    ['refuses', 'artifact_unknown', /no such image/],
    ['forgets', 'target_regressed', /said that it was done; status knows of no command/],
    ['floods', 'target_unreachable', /said more than 1048576 bytes/],
  ] as const)
    it(`says what became of an order that ${fault}`, async () => {
      await assert.rejects(open({ order: fault }).apply(command(1, version(first!, 100))), fails(code, reason));
      assert.equal(await open().observe('flight-delay', 'production'), undefined);
    });

  it('ends a program and its children at the deadline, though they take no notice of SIGTERM', async () => {
    const target = open({ order: 'hangs' }, { timeoutMs: 1_500 });
    await assert.rejects(
      target.apply(command(1, version(first!, 100))),
      fails('target_unreachable', /did not end within 1.5 s/),
    );
    const pids = JSON.parse(await readFile(`${file}.pids`, 'utf8')) as readonly number[];
    assert.equal(pids.length, 2);
    await eventually(async () => {
      for (const pid of pids) assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
    });
  });

  it('refuses shadows where the platform has none, and changes nothing', async () => {
    const shadow: TargetVersion = { ...version(second!, 0, 'shadow'), copies: 10 };
    await assert.rejects(
      open().apply(command(1, version(first!, 100), shadow)),
      fails('target_cannot', /sends no copies to shadows/),
    );
    assert.equal(await open().observe('flight-delay', 'production'), undefined);
  });

  it('counts nothing where nobody counts, which is no zero', async () => {
    await open().apply(command(1, version(first!, 100)));
    assert.deepEqual(await open().measure('flight-delay', 'production'), { since: { epoch: 1, seq: 1 }, counters: [] });
  });

  it('takes counts as far as they are counts', async () => {
    await open().apply(command(1, version(first!, 100)));
    const measure = (answer: unknown) =>
      open({ measure: JSON.stringify(answer) }).measure('flight-delay', 'production');
    const since = { epoch: 1, seq: 1 };
    const counter = { artifactDigest: first, requests: 10, failures: 1 };
    const { counters } = await measure({ since, counters: [counter] });
    assert.equal(counters[0]?.requests, 10);
    assert.equal(counters[0]?.predictions.length, 20);
    await assert.rejects(
      measure({ since, counters: [{ ...counter, failures: 11 }] }),
      fails('target_answer_invalid', /more failures than requests/),
    );
    await assert.rejects(measure({ counters: [] }), fails('target_answer_invalid', /since is no/));
  });
});
