import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { readDocument } from '../../activities/documents.js';
import { createDeployVersion } from '../../activities/deployVersion.js';
import { createEndMonitoring } from '../../activities/endMonitoring.js';
import { createLookForRecovery } from '../../activities/lookForRecovery.js';
import { createRecordDeployment } from '../../activities/recordDeployment.js';
import { createShiftTraffic } from '../../activities/shiftTraffic.js';
import { createStartMonitoring } from '../../activities/startMonitoring.js';
import type { Digest } from '../../src/domain/artifact/types.js';
import type { DeploymentEntry, EmptyPointer } from '../../src/domain/environment/types.js';
import { RETIREMENT_COUNTS_MS } from '../../src/domain/environment/retirementWord.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import type { Identity } from '../../src/domain/identity/types.js';
import type { TargetCommand } from '../../src/domain/rollout/types.js';
import type { Workflows } from '../../src/ports/workflows.js';
import { createMemoryDeployTarget, type MemoryDeployTarget } from '../fakes/memoryDeployTarget.js';
import { testPorts, type TestPorts } from '../fakes/ports.js';
import { askedBy } from '../fixtures/askedBy.js';
import { packaged } from '../fixtures/packaged.js';
import { storeRelease, type StoredRelease } from '../fixtures/storedRelease.js';

const STREAM = 'environment/ferry/production';
const place = { model: 'ferry', environment: 'production' };
const digest: Digest = `sha256:${'a'.repeat(64)}`;
const version = { artifactDigest: digest, releaseId: 'release/ferry/1', commit: '1'.repeat(40) };
const KEY = 'pointers/environments/ferry/production.json';

let target: MemoryDeployTarget;
let ports: TestPorts;
let identities: readonly Identity[];
let schedules: Set<string>;

const run = <T, R>(activity: (input: T) => Promise<R>, input: T): Promise<R> =>
  askedBy(STREAM).run(activity as never, input as never) as Promise<R>;
const command = (epoch: number, seq: number, ...shares: readonly number[]): TargetCommand => ({
  ...place,
  fence: { epoch, seq },
  versions: shares.map((weight) => ({ ...version, weight, role: 'champion' })),
});
const shift = (next: TargetCommand) => run(createShiftTraffic(ports), next);
const entry = (epoch: number, outcome: DeploymentEntry['outcome']): DeploymentEntry => ({
  ...{ requestId: `r${epoch}`, kind: 'retirement', epoch, version, outcome, by: 'operator', reason: 'done' },
  ...{ startedAt: 1, endedAt: 2 },
});
const record = (epoch: number) => {
  const pointer: EmptyPointer = { ...place, epoch, at: 2, retired: true };
  return run(createRecordDeployment(ports), { ...place, entry: entry(epoch, 'retired'), pointer });
};
const deployed = (epoch: number) =>
  ports.ledger.append(STREAM, `${epoch}`, 'deployment.deployed', 1, { ...entry(epoch, 'deployed') });
const say = (after: number, by = 'operator', at = Date.now()) =>
  ports.ledger.append(STREAM, `retirement/${after}/0`, 'retirement.asked', at, {
    ...{ requestId: `r${after + 1}`, by, reason: 'done', after, from: digest, plan: digest },
  });
const kinds = async () => (await ports.ledger.read(STREAM)).map(({ kind }) => kind);
const runs = async () => (await target.observe('ferry', 'production'))?.versions.length;
const refused = (why: RegExp) => (error: unknown) =>
  error instanceof SlipwayError && error.code === 'deployment_unauthorised' && why.test(error.message);

beforeEach(async () => {
  target = createMemoryDeployTarget();
  target.add(digest);
  schedules = new Set(['drift/ferry/production', 'target/ferry/production', 'drift/ferry/staging']);
  identities = [
    { name: 'operator', roles: ['operator'], gitEmails: [] },
    { name: 'reviewer', roles: ['reviewer'], gitEmails: [] },
  ];
  ports = testPorts({
    target: () => target,
    directory: { identities: async () => identities },
    workflows: {
      query: async () => ({ epoch: 5 }),
      deleteSchedule: async (id: string) => void schedules.delete(id),
      ensureSchedule: async ({ scheduleId }: { scheduleId: string }) => void schedules.add(scheduleId),
    } as unknown as Workflows,
  });
  await target.apply(command(4, 1, 100));
  await deployed(4);
});

describe('the last version of an environment', () => {
  it('is taken away by the word of an operator, for the passage right after it, also twice', async () => {
    await say(4);
    await shift(command(5, 1));
    await shift(command(5, 1));
    assert.equal(await runs(), 0);
  });

  it('is not taken away by a message alone', async () => {
    await assert.rejects(shift(command(5, 1)), refused(/no word of an operator for epoch 5/));
    assert.equal(await runs(), 1);
  });

  it('nor by the word of somebody who may not, or may not any more', async () => {
    await say(4, 'reviewer');
    await assert.rejects(shift(command(5, 1)), refused(/the word of reviewer does not count/));
    identities = [];
    await assert.rejects(shift(command(5, 1)), refused(/is not known here/));
    assert.equal(await runs(), 1);
  });

  it('nor by a word from before another passage', async () => {
    await say(3);
    await assert.rejects(shift(command(5, 1)), refused(/no word of an operator for epoch 5/));
    await assert.rejects(shift(command(4, 2)), refused(/is used|another version|no word/));
    assert.equal(await runs(), 1);
  });
});

describe('the word of an operator that was not carried out in time', () => {
  const expired = (error: unknown) =>
    error instanceof SlipwayError &&
    error.code === 'retirement_expired' &&
    /^production was not left: the word of operator counted until \d{4}-\d\d-\d\d \d\d:\d\d UTC, and was/.test(
      error.message,
    );
  const longAgo = () => Date.now() - RETIREMENT_COUNTS_MS - 1;

  it('takes nothing away', async () => {
    await say(4, 'operator', longAgo());
    await assert.rejects(shift(command(5, 1)), expired);
    assert.equal(await runs(), 1);
  });

  it('is written down where it was, and a command that was carried out is none that comes late', async () => {
    await say(4, 'operator', longAgo());
    await target.apply(command(5, 1));
    await shift(command(5, 1));
    await record(5);
    assert.deepEqual(await kinds(), ['deployment.deployed', 'retirement.asked', 'deployment.retired']);
  });
});

describe('a release that had begun when the model was retired', () => {
  let release: StoredRelease;
  const enter = (releaseId = release.releaseId) =>
    shift({
      ...place,
      fence: { epoch: 6, seq: 1 },
      versions: [
        {
          ...{ artifactDigest: release.digest, releaseId, commit: release.commit },
          ...{ weight: 100, role: 'champion' as const },
        },
      ],
    });
  const began = (kind: 'release.started' | 'release.resumed', at: number) =>
    ports.ledger.append(release.releaseId, `${kind}.${at}`, kind, at, {});
  const retiredAt = (endedAt: number) =>
    ports.ledger.append(STREAM, '5', 'deployment.retired', endedAt, { ...entry(5, 'retired'), endedAt });
  const late = (error: unknown) =>
    error instanceof SlipwayError &&
    error.code === 'model_retired' &&
    /was retired by operator: done, and left production, after this release began/.test(error.message);

  beforeEach(async () => {
    ports = {
      ...ports,
      attestations: { verifyProvenance: async () => ({}) } as never,
      workflows: { query: async () => ({ epoch: 6 }) } as unknown as Workflows,
    };
    const asksNobody = { approval: { kind: 'none' }, rollout: { strategy: 'immediate' }, gates: [] };
    const spec = { model: 'ferry', environments: [{ ...asksNobody, name: 'production', verify: { smokeRows: 0 } }] };
    release = await storeRelease(ports.store, { spec });
    target.add(release.digest);
    await packaged(ports, release.releaseId, release.digest);
    await target.apply(command(5, 1));
  });

  it('is not let in, whoever asks past the arbiter, also where nobody has to approve it', async () => {
    await began('release.started', 10);
    await retiredAt(20);
    await assert.rejects(enter(), late);
    assert.equal(await runs(), 0);
  });

  it('is not let in in the name of another release, or of none', async () => {
    await began('release.started', 10);
    await retiredAt(20);
    const later = 'release/ferry/later';
    await ports.ledger.append(later, 'release.started.30', 'release.started', 30, {});
    await packaged(ports, later, digest);
    for (const releaseId of [later, 'release/ferry/none'])
      await assert.rejects(enter(releaseId), refused(/it is not of release\/ferry\/(later|none)/));
    assert.equal(await runs(), 0);
  });

  it('is let in where somebody began it, or resumed it, since', async () => {
    await began('release.started', 10);
    await retiredAt(20);
    await began('release.resumed', 30);
    await enter();
    assert.equal(await runs(), 1);
  });

  it('is let in where it ran there before: that is the way back', async () => {
    await began('release.started', 10);
    const version = { artifactDigest: release.digest, releaseId: release.releaseId, commit: release.commit };
    await ports.ledger.append(STREAM, '3', 'deployment.deployed', 11, { ...entry(3, 'deployed'), version });
    await retiredAt(20);
    await enter();
    assert.equal(await runs(), 1);
  });

  it('is let in once another one was deployed after the retirement', async () => {
    await began('release.started', 10);
    await retiredAt(20);
    await deployed(6);
    await enter();
    assert.equal(await runs(), 1);
  });
});

describe('what is carried out once a version is ready', () => {
  it('is of the place that authority was asked for, and of no other model that the target has', async () => {
    const other = { ...command(5, 1, 100), model: 'other' };
    await target.apply({ ...other, fence: { epoch: 1, seq: 1 } });
    for (const then of [other, { ...command(5, 2, 100), environment: 'staging' }])
      await assert.rejects(
        run(createDeployVersion(ports), {
          ...{ command: command(5, 1, 100), artifactDigest: digest, readyWithinMs: 1_000, then },
        }),
        refused(/is of another place/),
      );
    assert.equal((await target.observe('other', 'production'))?.fence.epoch, 1);
    assert.equal((await target.observe('ferry', 'production'))?.fence.epoch, 4);
  });
});

describe('the record of a retirement', () => {
  it('is written once, with an empty pointer that keeps the epoch, and lets no word be used again', async () => {
    await say(4);
    await shift(command(5, 1));
    await record(5);
    await record(5);
    assert.deepEqual(await kinds(), ['deployment.deployed', 'retirement.asked', 'deployment.retired']);
    const pointer = await readDocument<EmptyPointer>(ports.store, KEY);
    assert.deepEqual([pointer?.epoch, pointer?.retired], [5, true]);
  });

  it('is not written while the target serves: its end was only claimed', async () => {
    await say(4);
    await assert.rejects(record(5), refused(/was not left: the target is at epoch 4, and serves/));
    assert.deepEqual(await kinds(), ['deployment.deployed', 'retirement.asked']);
  });

  it('is of one of the ends that there are, and not of what only reads like one', async () => {
    const other = `sha256:${'b'.repeat(64)}`;
    for (const outcome of ['deployed', 'retired', 'rolled_back'].flatMap((end) => [
      [end],
      { toString: end },
      `${end}/`,
    ]))
      await assert.rejects(
        run(createRecordDeployment(ports), {
          ...place,
          entry: { ...entry(5, outcome as never), version: { ...version, artifactDigest: other as Digest } },
        }),
        (error) => error instanceof SlipwayError && error.code === 'record_mismatch',
      );
    for (const epoch of ['5', [5], 5.5, null])
      await assert.rejects(
        run(createRecordDeployment(ports), { ...place, entry: { ...entry(5, 'rolled_back'), epoch: epoch as never } }),
        (error) => error instanceof SlipwayError && error.code === 'record_mismatch',
      );
    const pointer = { ...place, epoch: 5, at: 2, retired: true } as const;
    for (const forged of [pointer, { ...pointer, epoch: 6 }, { ...pointer, model: 'other' }])
      await assert.rejects(
        run(createRecordDeployment(ports), { ...place, entry: entry(5, 'refused'), pointer: forged }),
        (error) => error instanceof SlipwayError && error.code === 'record_mismatch',
      );
    assert.deepEqual([await kinds(), await readDocument(ports.store, KEY)], [['deployment.deployed'], undefined]);
  });

  it('waits for a target that is away', async () => {
    await say(4);
    await shift(command(5, 1));
    target.fail(new SlipwayError('target_unreachable', 'no node'));
    await assert.rejects(record(5), /no node/);
  });

  it('does not move the pointer back from what was deployed later', async () => {
    await say(4);
    await shift(command(5, 1));
    await record(5);
    await deployed(6);
    await ports.store.putDocument(KEY, new TextEncoder().encode(JSON.stringify({ epoch: 6 })));
    await assert.rejects(record(5), refused(/is used/));
    assert.equal((await readDocument<EmptyPointer>(ports.store, KEY))?.epoch, 6);
  });
});

describe('what looked after a retired model', () => {
  const left = () => ports.ledger.append(STREAM, '5', 'deployment.retired', 2, { ...entry(5, 'retired') });
  const end = () => run(createEndMonitoring(ports), place);

  it('ends, twice, and there alone', async () => {
    await left();
    await end();
    await end();
    assert.deepEqual([...schedules], ['drift/ferry/staging']);
  });

  it('stays where the model serves, whoever asks, and whoever wakes up late', async () => {
    await end();
    await left();
    await deployed(6);
    await end();
    assert.equal(schedules.size, 3);
  });

  it('does not begin for a release that was promoted the moment before', async () => {
    await left();
    await end();
    await run(createStartMonitoring(ports), { ...place, everyMs: 1_000, note: 'release/ferry/1' });
    assert.deepEqual([...schedules], ['drift/ferry/staging']);
  });

  it('lets incidents see for themselves that it is over', async () => {
    const look = () => run(createLookForRecovery(ports), { ...place, kind: 'performance', subject: 'brier', after: 0 });
    assert.equal((await look()).recovered, false);
    await left();
    assert.deepEqual(await look(), { recovered: true, reason: 'ferry was retired by operator: done' });
  });
});
