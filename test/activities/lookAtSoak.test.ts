import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { createLookAtSoak, type SoakFound } from '../../activities/lookAtSoak.js';
import { getJson } from '../../activities/documents.js';
import type { Digest } from '../../src/domain/artifact/types.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import { judgeSoak, type SoakLook } from '../../src/domain/rollout/judgeSoak.js';
import { createMemoryDeployTarget, type MemoryDeployTarget } from '../fakes/memoryDeployTarget.js';
import { testPorts, type TestPorts } from '../fakes/ports.js';
import { askedBy } from '../fixtures/askedBy.js';

const [mine, newer] = ['a', 'b'].map((letter): Digest => `sha256:${letter.repeat(64)}`) as [Digest, Digest];
const HOUR = 3_600_000;
const releaseId = 'release/m/c';
let target: MemoryDeployTarget;
let ports: TestPorts;

const deploy = (artifactDigest: Digest, epoch: number) =>
  target.apply({
    ...{ model: 'm', environment: 'staging', fence: { epoch, seq: 1 } },
    versions: [{ artifactDigest, releaseId, commit: 'c', weight: 100, role: 'champion' }],
  });
const look = (at: number, looks: readonly SoakLook[] = []) =>
  askedBy(releaseId).run(createLookAtSoak(ports), {
    releaseId,
    model: 'm',
    environment: 'staging',
    artifactDigest: mine,
    soakMs: HOUR,
    at,
    looks,
  }) as Promise<SoakFound>;

beforeEach(async () => {
  target = createMemoryDeployTarget();
  target.add(mine);
  target.add(newer);
  ports = testPorts({ target: () => target });
  await deploy(mine, 1);
  await target.observe('m', 'staging');
});

describe('a look at a version that soaks', () => {
  it('is recorded with evidence only when its whole time was sound', async () => {
    const first = await look(0);
    assert.deepEqual([first.verdict.kind, first.evidence], ['sound', undefined]);
    const early = await look(HOUR - 1, [first.look]);
    assert.equal(early.evidence, undefined);
    assert.deepEqual(await ports.ledger.read(releaseId), []);
    const { evidence } = await look(HOUR, [first.look, early.look]);
    assert.ok(evidence);
    const found = await getJson<{ since: number; until: number; looks: unknown[] }>(ports.store, evidence);
    assert.deepEqual([found.since, found.until, found.looks.length], [0, HOUR, 3]);
    const [entry] = await ports.ledger.read(releaseId);
    assert.deepEqual([entry?.kind, entry?.body['verdict'], entry?.body['evidence']], ['stage.soak', 'pass', evidence]);
  });

  it('begins anew where it is not ready, or its target is away', async () => {
    const first = await look(0);
    target.serveInstead(mine, newer);
    assert.match(JSON.stringify((await look(HOUR, [first.look])).verdict), /anew.*its model server serves sha256:bbb/);
    target.fail(new SlipwayError('target_unreachable', 'nobody listens'));
    assert.deepEqual((await look(HOUR, [first.look])).verdict, { kind: 'anew', reason: 'nobody listens' });
  });

  it('begins anew where it was deployed again', async () => {
    const first = await look(0);
    await deploy(mine, 2);
    assert.deepEqual((await look(HOUR, [first.look])).verdict, {
      kind: 'anew',
      reason: 'it was deployed again, in epoch 2',
    });
  });

  it('fails where another version has its place', async () => {
    const first = await look(0);
    await deploy(newer, 2);
    assert.deepEqual((await look(HOUR, [first.look])).verdict, {
      kind: 'failed',
      reason: `${newer} serves in its place`,
    });
  });

  it('fails where more than one of a hundred requests failed', async () => {
    target.count('m', mine, { requests: 200, failures: 2 });
    assert.equal((await look(0)).verdict.kind, 'sound');
    target.count('m', mine, { requests: 200, failures: 3 });
    assert.deepEqual((await look(0)).verdict, { kind: 'failed', reason: '3 of 200 requests failed' });
  });
});

it('a restart of its model server, or of its target, is a new beginning', () => {
  const before: SoakLook = { at: 0, restarts: 0, epoch: 1, requests: 0, failures: 0, acceptedAt: 5 };
  assert.deepEqual(judgeSoak(before, { ...before, at: 1 }), { kind: 'sound' });
  assert.deepEqual(judgeSoak(before, { ...before, restarts: 2 }), {
    kind: 'anew',
    reason: 'its model server was started 2 times',
  });
  const { acceptedAt: _, ...restarted } = before;
  assert.equal(judgeSoak(before, restarted).kind, 'anew');
});
