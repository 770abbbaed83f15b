import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, describe, it } from 'node:test';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createDeployVersion } from '../../activities/deployVersion.js';
import { digestOf } from '../../activities/documents.js';
import { createRecordDeployment } from '../../activities/recordDeployment.js';
import { createShiftTraffic } from '../../activities/shiftTraffic.js';
import { createDecisionSigner } from '../../src/adapters/decision-keys/decisionSigner.js';
import { createDecisionVerifier } from '../../src/adapters/decision-keys/decisionVerifier.js';
import { decisionKeyFiles } from '../../src/adapters/decision-keys/keyFiles.js';
import { createStoreLedger } from '../../src/adapters/store-ledger/ledger.js';
import type { ApprovalSubject, DecisionStatement } from '../../src/domain/approval/types.js';
import { attestationKey } from '../../src/domain/artifact/attestationKeys.js';
import type { Digest } from '../../src/domain/artifact/types.js';
import type { DeploymentEntry } from '../../src/domain/environment/types.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import { ledgerKey } from '../../src/domain/ledger/keys.js';
import type { Fence, TargetCommand } from '../../src/domain/rollout/types.js';
import type { Workflows } from '../../src/ports/workflows.js';
import { createMemoryBlobStore, type MemoryBlobStore } from '../fakes/memoryBlobStore.js';
import { createMemoryDeployTarget, type MemoryDeployTarget } from '../fakes/memoryDeployTarget.js';
import { testPorts, type TestPorts } from '../fakes/ports.js';
import { storeRelease, type StoredRelease } from '../fixtures/storedRelease.js';

const directory = mkdtempSync(join(tmpdir(), 'slipway-authority-'));
after(() => rmSync(directory, { recursive: true }));
const files = decisionKeyFiles(directory);
const signer = await createDecisionSigner(files);
const stranger = await createDecisionSigner(decisionKeyFiles(join(directory, 'elsewhere')));

const STREAM = 'environment/ferry/production';
const approval = { kind: 'required', roles: ['reviewer'], quorum: 2, remindAfterMs: 1, expireAfterMs: 2 } as const;
const spec = {
  model: 'ferry',
  environments: [
    { name: 'staging', approval: { kind: 'automatic' } },
    { name: 'production', approval },
  ],
};

let ledgerBucket: MemoryBlobStore;
let target: MemoryDeployTarget;
let ports: TestPorts;
let arbiterEpoch: number | undefined;
let artifact: StoredRelease;

const openScene = async (): Promise<void> => {
  ledgerBucket = createMemoryBlobStore();
  target = createMemoryDeployTarget();
  arbiterEpoch = 1;
  ports = testPorts({
    ledger: createStoreLedger(ledgerBucket),
    target: () => target,
    attestations: { verifyProvenance: async () => ({}) },
    decisions: createDecisionVerifier(files),
    workflows: {
      query: async () => {
        if (arbiterEpoch === undefined) throw new SlipwayError('not_found', 'no arbiter');
        return { epoch: arbiterEpoch };
      },
    } as unknown as Workflows,
  });
  artifact = await storeRelease(ports.store, { spec });
  target.add(artifact.digest);
};

const command = (
  { digest, releaseId, commit }: StoredRelease,
  fence: Fence = { epoch: 1, seq: 1 },
  environment = 'production',
): TargetCommand => ({
  model: 'ferry',
  environment,
  fence,
  versions: [{ artifactDigest: digest, releaseId, commit, weight: 100, role: 'champion' }],
});
const run = <T, R>(activity: (input: T) => Promise<R>, input: T): Promise<R> =>
  new MockActivityEnvironment().run(activity as never, input as never) as Promise<R>;
const shift = (next: TargetCommand) => run(createShiftTraffic(ports), next);
const deploy = (next: TargetCommand) =>
  run(createDeployVersion(ports), {
    command: next,
    artifactDigest: next.versions[0]!.artifactDigest,
    readyWithinMs: 5_000,
  });
const record = (epoch: number, outcome: DeploymentEntry['outcome'] = 'deployed', release = artifact) =>
  run(createRecordDeployment(ports), {
    model: 'ferry',
    environment: 'production',
    stream: STREAM,
    entry: {
      requestId: `r${epoch}`,
      kind: 'release',
      epoch,
      version: { artifactDigest: release.digest, releaseId: release.releaseId, commit: release.commit },
      outcome,
      by: 'author',
      reason: '',
      startedAt: 1,
      endedAt: 2,
    },
  });
const refused = (why: RegExp) => (error: unknown) =>
  error instanceof SlipwayError && error.code === 'deployment_unauthorised' && why.test(error.message);

const subjectOf = ({ digest, releaseId }: StoredRelease): ApprovalSubject => ({
  workflowId: releaseId,
  model: 'ferry',
  env: 'production',
  gate: 'approve.production',
  epoch: 0,
  artifactDigest: digest,
  evidenceDigest: `sha256:${'1'.repeat(64)}`,
  policyDigest: digestOf(approval),
  planDigest: `sha256:${'2'.repeat(64)}`,
  inputsDigest: `sha256:${'3'.repeat(64)}`,
});
const ask = (release = artifact) =>
  ports.ledger.append(release.releaseId, 'asked', 'approval.asked', 1_000, { ...subjectOf(release) });

/** A decision as verifyDecision writes it, with these claims; `written` is what the entry says otherwise. */
const decide = async (
  sub: string,
  changes: Partial<DecisionStatement> = {},
  { by = signer, written = {} }: { by?: typeof signer; written?: Readonly<Record<string, unknown>> } = {},
): Promise<void> => {
  const claims: DecisionStatement = {
    iss: 'slipway',
    aud: 'test',
    sub,
    roles: ['reviewer'],
    iat: 1,
    exp: 901,
    jti: `decision-${sub}`,
    ...subjectOf(artifact),
    decision: 'approve',
    reason: '',
    ...changes,
  };
  await ports.ledger.append(artifact.releaseId, `decision/${claims.jti}/counted`, 'decision', 2_000, {
    at: 2_000,
    jti: claims.jti,
    subject: sub,
    decision: claims.decision,
    reason: claims.reason,
    counted: true,
    environment: 'production',
    artifactDigest: artifact.digest,
    evidenceDigest: claims.evidenceDigest,
    statement: await by.sign(claims),
    ...written,
  });
};

describe('what may be deployed, whoever asks for it', () => {
  beforeEach(openScene);

  it('is what the artifact’s own spec asks nobody for', async () => {
    await deploy(command(artifact, undefined, 'staging'));
    assert.equal((await target.observe('ferry', 'staging'))?.versions[0]?.artifactDigest, artifact.digest);
  });

  it('is not what nobody approved, by whichever activity it is asked for', async () => {
    await assert.rejects(deploy(command(artifact)), refused(/never asked for its approval in production/));
    await assert.rejects(shift(command(artifact)), refused(/never asked for its approval/));
    assert.equal(await target.observe('ferry', 'production'), undefined);
  });

  it('is what as many people as the spec asks for have signed', async () => {
    await ask();
    await decide('reviewer');
    await assert.rejects(deploy(command(artifact)), refused(/1 of 2 approvals for production are signed/));
    await decide('oncall');
    await deploy(command(artifact));
    await deploy(command(artifact));
  });

  const WORTHLESS: readonly (readonly [string, () => Promise<void>])[] = [
    ['one person twice', () => decide('reviewer', { jti: 'decision-again' })],
    ['an entry that carries no statement', () => decide('oncall', {}, { written: { statement: undefined } })],
    ['a statement that another key signed', () => decide('oncall', {}, { by: stranger })],
    ['a statement of somebody else', () => decide('oncall', {}, { written: { subject: 'author' } })],
    ['a statement on another artifact', () => decide('oncall', { artifactDigest: `sha256:${'9'.repeat(64)}` })],
    ['a statement for another release', () => decide('oncall', { workflowId: 'release/ferry/other' })],
    ['a statement for another environment', () => decide('oncall', { env: 'staging', gate: 'approve.staging' })],
    ['a statement at another gate', () => decide('oncall', { gate: 'approve.staging' })],
    ['a statement on other evidence', () => decide('oncall', { evidenceDigest: `sha256:${'9'.repeat(64)}` })],
    ['a statement under another policy', () => decide('oncall', { policyDigest: `sha256:${'9'.repeat(64)}` })],
    ['a statement of another installation', () => decide('oncall', { aud: 'elsewhere' })],
    ['a statement of somebody without the role', () => decide('oncall', { roles: ['author'] })],
    ['a statement that was made after it was recorded', () => decide('oncall', { iat: 1_000_000 })],
  ];
  for (const [name, second] of WORTHLESS)
    it(`is not brought about by ${name}`, async () => {
      await ask();
      await decide('reviewer');
      await second();
      await assert.rejects(deploy(command(artifact)), refused(/1 of 2 approvals/));
    });

  it('is not what was decided before anybody asked, nor what somebody rejected', async () => {
    await decide('reviewer');
    await decide('oncall');
    await ask();
    await assert.rejects(deploy(command(artifact)), refused(/0 of 2 approvals/));
    await openScene();
    await ask();
    await decide('reviewer');
    await decide('oncall');
    await decide('author', { decision: 'reject', reason: 'worse' });
    await assert.rejects(deploy(command(artifact)), refused(/author rejected: worse/));
  });

  it('is what ran there before, and not what was only tried', async () => {
    const body = { epoch: 1, version: { artifactDigest: artifact.digest } };
    await ports.ledger.append(STREAM, '1', 'deployment.rolled_back', 1, body);
    await assert.rejects(shift(command(artifact)), refused(/never ran there/));
    await ports.ledger.append(STREAM, '2', 'deployment.deployed', 1, { ...body, epoch: 2 });
    await shift(command(artifact));
  });

  it('is what served when an arbiter began from memory', async () => {
    await ports.ledger.append(STREAM, 'r', 'environment.recovered', 1, {
      epoch: 4,
      champion: { artifactDigest: artifact.digest },
      championFrom: 'target',
    });
    await shift(command(artifact));
  });

  for (const championFrom of ['pointer', 'ledger', undefined])
    it(`is not what such an arbiter had from ${championFrom ?? 'it does not say where'}`, async () => {
      await ports.ledger.append(STREAM, 'r', 'environment.recovered', 1, {
        ...{ epoch: 4, champion: { artifactDigest: artifact.digest } },
        ...(championFrom === undefined ? {} : { championFrom }),
      });
      await assert.rejects(shift(command(artifact)), refused(/never ran there/));
    });

  it('is never looked up in a chain that was changed', async () => {
    await ports.ledger.append(STREAM, '1', 'deployment.refused', 1, { epoch: 1 });
    await ports.ledger.append(STREAM, '2', 'deployment.deployed', 1, { version: { artifactDigest: artifact.digest } });
    const key = ledgerKey(STREAM, 1);
    (ledgerBucket.objects as Map<string, Uint8Array>).set(
      key,
      new TextEncoder().encode(new TextDecoder().decode(await ledgerBucket.getDocument(key)).replace('refused', 'x')),
    );
    await assert.rejects(
      shift(command(artifact)),
      (error) => error instanceof SlipwayError && error.code === 'ledger_tampered',
    );
  });

  it('is no version of another model, and none without provenance', async () => {
    const other = await storeRelease(ports.store, { weights: 'other', spec: { ...spec, model: 'tram' } });
    await assert.rejects(shift(command(other)), refused(/is a version of tram, not of ferry/));
    const bare = await storeRelease(ports.store, { weights: 'bare', spec });
    await ports.store.deleteDocument(attestationKey('ferry', bare.digest, bare.releaseId, 'provenance'));
    await assert.rejects(
      shift(command(bare, undefined, 'staging')),
      (error) => error instanceof SlipwayError && error.code === 'signature_invalid',
    );
  });

  it('is nothing at all only where nothing was ever deployed', async () => {
    await target.apply(command(artifact));
    const nothing = (seq: number): TargetCommand => ({ ...command(artifact, { epoch: 1, seq }), versions: [] });
    await shift(nothing(2));
    assert.deepEqual((await target.observe('ferry', 'production'))?.versions, []);
    await target.apply(command(artifact, { epoch: 1, seq: 3 }));
    await record(1);
    await assert.rejects(shift(nothing(4)), refused(/may not be left without a version/));
    assert.equal((await target.observe('ferry', 'production'))?.versions.length, 1);
  });

  it('stays where it is with an empty ledger, and is given its traffic back though nothing else answers', async () => {
    await target.apply(command(artifact, { epoch: 5, seq: 1 }));
    const candidate = await storeRelease(ports.store, { weights: 'candidate', spec });
    target.add(candidate.digest);
    arbiterEpoch = 6;
    const beside: TargetCommand = {
      ...command(artifact, { epoch: 6, seq: 1 }),
      versions: [...command(artifact).versions, { ...command(candidate).versions[0]!, weight: 0, role: 'candidate' }],
    };
    await assert.rejects(deploy(beside), refused(new RegExp(candidate.digest)));
    const silent = (): never => {
      throw new Error('nobody was to be asked');
    };
    ports = { ...ports, ledger: { ...ports.ledger, read: silent }, decisions: { verify: silent } };
    await shift(command(artifact, { epoch: 6, seq: 2 }));
    ports = { ...ports, workflows: { query: silent } as unknown as Workflows };
    await shift(command(artifact, { epoch: 6, seq: 3 }));
  });
});

describe('an epoch that nobody gave out', () => {
  beforeEach(async () => {
    await openScene();
    await ports.ledger.append(STREAM, '1', 'deployment.deployed', 1, {
      epoch: 1,
      version: { artifactDigest: artifact.digest },
    });
  });

  for (const epoch of [3, 9_007_199_254_740_990])
    it(`is refused, and later passages go on: ${epoch}`, async () => {
      arbiterEpoch = 2;
      await assert.rejects(deploy(command(artifact, { epoch, seq: 1 })), refused(/epoch/));
      await deploy(command(artifact, { epoch: 2, seq: 1 }));
    });

  it('is refused without an arbiter, and from one that was started by hand far ahead', async () => {
    arbiterEpoch = undefined;
    await assert.rejects(deploy(command(artifact, { epoch: 2, seq: 1 })), refused(/no arbiter/));
    arbiterEpoch = 5_000;
    await assert.rejects(deploy(command(artifact, { epoch: 5_000, seq: 1 })), refused(/terminate environment\/ferry/));
  });

  it('is not written to the ledger either, where the next arbiter would begin above it', async () => {
    for (const epoch of [5_000, 9_007_199_254_740_990])
      await assert.rejects(record(epoch, 'rolled_back'), refused(/epoch/));
    await record(2, 'rolled_back');
    assert.equal((await ports.ledger.read(STREAM)).length, 2);
  });
});

describe('an end that somebody only claimed', () => {
  beforeEach(openScene);

  it('is not recorded as a deployment, so that no rollback leads there', async () => {
    await assert.rejects(record(1), refused(/may not run in production/));
    assert.deepEqual(await ports.ledger.read(STREAM), []);
  });

  it('is recorded where the target has the version, or enough people approved it and the target is away', async () => {
    await target.apply(command(artifact));
    await record(1);
    await openScene();
    await ask();
    await decide('reviewer');
    await decide('oncall');
    target.fail(new SlipwayError('target_unreachable', 'away'));
    await record(1);
    const recorded = (await ports.ledger.read(STREAM)).map(({ body }) => body['version'] as { artifactDigest: Digest });
    assert.deepEqual(recorded[0]?.artifactDigest, artifact.digest);
  });
});
