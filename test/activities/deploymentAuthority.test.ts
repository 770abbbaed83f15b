import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, describe, it } from 'node:test';
import { createDeployVersion } from '../../activities/deployVersion.js';
import { digestOf } from '../../src/contract/canonicalDigest.js';
import { createRecordDeployment } from '../../activities/recordDeployment.js';
import { createShiftTraffic } from '../../activities/shiftTraffic.js';
import { createDecisionSigner } from '../../src/adapters/decision-keys/decisionSigner.js';
import { createDecisionVerifier } from '../../src/adapters/decision-keys/decisionVerifier.js';
import { decisionKeyFiles } from '../../src/adapters/decision-keys/keyFiles.js';
import { createStoreLedger } from '../../src/adapters/store-ledger/ledger.js';
import type { Identity } from '../../src/domain/identity/types.js';
import type { ApprovalSubject, DecisionStatement } from '../../src/domain/approval/types.js';
import { attestationKey } from '../../src/domain/artifact/attestationKeys.js';
import type { Digest } from '../../src/domain/artifact/types.js';
import type { DeploymentEntry } from '../../src/domain/environment/types.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import { ledgerKey } from '../../src/domain/ledger/keys.js';
import type { Fence, TargetCommand } from '../../src/domain/rollout/types.js';
import type { EnvironmentMinimum } from '../../src/domain/spec/minimum.js';
import { HOTFIX_DECLARED } from '../../src/domain/urgency/hotfix.js';
import type { SourceControl } from '../../src/ports/sourceControl.js';
import type { Workflows } from '../../src/ports/workflows.js';
import { createMemoryBlobStore, type MemoryBlobStore } from '../fakes/memoryBlobStore.js';
import { createMemoryDeployTarget, type MemoryDeployTarget } from '../fakes/memoryDeployTarget.js';
import { testPorts, type TestPorts } from '../fakes/ports.js';
import { storeRelease, type Made, type StoredRelease } from '../fixtures/storedRelease.js';
import { askedBy } from '../fixtures/askedBy.js';

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
    { name: 'staging', approval: { kind: 'none' }, verify: { smokeRows: 9 }, gates: ['quality'] },
    { name: 'production', approval },
  ],
};

const WRITER = { name: 'writer', roles: [], gitEmails: ['writer@example.com'] };
const FERRY = { repository: 'ferry', branch: 'main', clocks: {}, minimum: [] };

let ledgerBucket: MemoryBlobStore;
let target: MemoryDeployTarget;
let ports: TestPorts;
let arbiterEpoch: number | undefined;
let identities: readonly Identity[];
let artifact: StoredRelease;
/** Addresses of whom Git names for the commits since what runs there. */
let wrote: readonly string[];

const openScene = async (): Promise<void> => {
  ledgerBucket = createMemoryBlobStore();
  target = createMemoryDeployTarget();
  arbiterEpoch = 1;
  identities = [
    ...['reviewer', 'oncall', 'author'].map((name) => ({
      name,
      roles: ['reviewer'],
      gitEmails: [`${name}@example.com`],
    })),
    WRITER,
  ];
  wrote = ['writer'];
  ports = testPorts({
    ledger: createStoreLedger(ledgerBucket),
    target: () => target,
    attestations: { verifyProvenance: async () => ({}) },
    decisions: createDecisionVerifier(files),
    directory: { identities: async () => identities },
    source: {
      authorsBetween: async () =>
        wrote.map((name) => ({ authorEmail: `${name}@example.com`, committerEmail: `${name}@example.com` })),
    } as unknown as SourceControl,
    workflows: {
      query: async () => {
        if (arbiterEpoch === undefined) throw new SlipwayError('not_found', 'no arbiter');
        return { epoch: arbiterEpoch };
      },
    } as unknown as Workflows,
  });
  ports = { ...ports, settings: { ...ports.settings, models: { ferry: FERRY } } };
  artifact = await released({ spec });
  target.add(artifact.digest);
};

/** An artifact, and the entry of the release that packaged it. */
const released = async (made: Made): Promise<StoredRelease> => {
  const stored = await storeRelease(ports.store, made);
  await packaged(stored.releaseId, stored.digest);
  return stored;
};
const packaged = (releaseId: string, artifactDigest: Digest) =>
  ports.ledger.append(releaseId, `package/${artifactDigest}`, 'stage.package', 1, { verdict: 'pass', artifactDigest });

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
  askedBy(STREAM).run(activity as never, input as never) as Promise<R>;
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

  describe('by evidence alone', () => {
    const found = (stage: string, change: Readonly<Record<string, unknown>> = {}) =>
      ports.ledger.append(artifact.releaseId, `${stage}/${JSON.stringify(change)}`, `stage.${stage}`, 1, {
        ...(stage === 'verify' || stage === 'gate' ? { environment: 'staging' } : {}),
        ...{ verdict: 'pass', reason: '', evidence: `sha256:${'4'.repeat(64)}`, artifactDigest: artifact.digest },
        ...change,
      });
    beforeEach(async () => {
      const [staging] = spec.environments;
      const automatic = { name: 'production', approval: { kind: 'automatic' } };
      artifact = await released({ spec: { ...spec, environments: [staging, automatic] } });
      target.add(artifact.digest);
      for (const stage of ['integrate', 'package', 'verify']) await found(stage);
    });

    it('is what was green in every environment before', async () => {
      await assert.rejects(deploy(command(artifact)), refused(/nothing on record says what came of gate in staging/));
      await found('gate');
      await deploy(command(artifact));
    });
    for (const [what, change, why] of [
      ['red', { verdict: 'fail' }, /gate in staging ended with fail/],
      ['without evidence', { evidence: undefined }, /gate in staging left no evidence/],
      ['of another artifact', { artifactDigest: `sha256:${'9'.repeat(64)}` }, /passed with another artifact/],
      ['of another environment', { environment: 'test' }, /nothing on record says/],
    ] as const)
      it(`is not what has a gate ${what}`, async () => {
        await found('gate', change);
        await assert.rejects(deploy(command(artifact)), refused(why));
      });
    it('is not what a gate refused after it had passed', async () => {
      await found('gate');
      await found('gate', { verdict: 'inconclusive' });
      await assert.rejects(deploy(command(artifact)), refused(/ended with inconclusive/));
    });
  });

  it('is what was approved with the answers that the artifact’s own spec asks for', async () => {
    const asking = { ...approval, quorum: 1, inputs: { ticket: { type: 'text', pattern: 'OPS-\\d+' } } } as const;
    artifact = await released({
      spec: { ...spec, environments: [{ name: 'production', approval: asking }] },
    });
    target.add(artifact.digest);
    await ask();
    const policyDigest = digestOf(asking);
    await decide('reviewer', { policyDigest });
    await assert.rejects(deploy(command(artifact)), refused(/0 of 1 approvals/));
    await decide('oncall', { policyDigest, inputs: { ticket: 'OPS-12' } });
    await deploy(command(artifact));
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

  it('is not what another release built, though people approved it under the ID of this one', async () => {
    await ask();
    await decide('reviewer');
    await decide('oncall');
    await packaged(artifact.releaseId, `sha256:${'9'.repeat(64)}`);
    const borrowed = refused(/is not of release.ferry.*the ledger has sha256:9+ as what that release packaged last/);
    await assert.rejects(deploy(command(artifact)), borrowed);
    await assert.rejects(shift(command(artifact)), borrowed);
    await assert.rejects(deploy(command({ ...artifact, releaseId: 'release/ferry/other' })), refused(/has nothing as/));
    assert.equal(await target.observe('ferry', 'production'), undefined);
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

  describe('under what the operator asks by now', () => {
    const operator = (minimum: readonly EnvironmentMinimum[], environments = ports.settings.environments): void => {
      const models = { ferry: { ...FERRY, minimum } };
      ports = { ...ports, settings: { ...ports.settings, models, environments } };
    };
    const below = { code: 'spec_below_minimum' };
    const three = [{ name: 'production', gates: [], approval: { roles: ['reviewer'], quorum: 3 } }];

    it('is not what enough people approved by a rule that asks less', async () => {
      await ask();
      await decide('reviewer');
      await decide('oncall');
      operator(three);
      await assert.rejects(deploy(command(artifact)), below);
      await assert.rejects(shift(command(artifact)), below);
      assert.equal(await target.observe('ferry', 'production'), undefined);
      operator([{ name: 'production', gates: [], approval: { roles: ['reviewer'], quorum: 2 } }]);
      await deploy(command(artifact));
    });
    it('is not what asks nobody, where the operator wants people asked', async () => {
      const asked = [{ name: 'staging', gates: [], approval: { roles: ['reviewer'], quorum: 1 } }];
      operator(asked);
      const [staging] = spec.environments;
      artifact = await released({ spec: { ...spec, environments: [staging] } });
      target.add(artifact.digest);
      await assert.rejects(deploy(command(artifact, undefined, 'staging')), below);
      operator([{ name: 'staging', gates: ['quality', 'fairness'] }]);
      await assert.rejects(deploy(command(artifact, undefined, 'staging')), below);
      operator([{ name: 'staging', gates: ['quality'] }]);
      await deploy(command(artifact, undefined, 'staging'));
    });
    it('is never refused for it where it ran before', async () => {
      await ask();
      await decide('reviewer');
      await decide('oncall');
      await deploy(command(artifact));
      await record(1);
      target = createMemoryDeployTarget();
      target.add(artifact.digest);
      ports = { ...ports, target: () => target };
      operator(three);
      arbiterEpoch = 2;
      await deploy(command(artifact, { epoch: 2, seq: 1 }));
    });
  });

  describe('of a hotfix', () => {
    const own = { ...approval, roles: ['oncall'], quorum: 1 };
    const hotfix = { approval: own, reviewWithinMs: 1 };
    const asHotfix = { policyDigest: digestOf(own), roles: ['oncall'] };
    const declare = () => ports.ledger.append(artifact.releaseId, 'hotfix', HOTFIX_DECLARED, 500, { by: 'operator' });
    const scene = async (declared = true, takes = true): Promise<void> => {
      await openScene();
      const urgent = { ...spec.environments[1], ...(takes ? { hotfix } : {}) };
      artifact = await released({ spec: { ...spec, environments: [urgent] } });
      target.add(artifact.digest);
      identities = [{ name: 'oncall', roles: ['oncall'], gitEmails: [] }, WRITER];
      if (declared) await declare();
      await ports.ledger.append(artifact.releaseId, 'asked', 'approval.asked', 1_000, {
        ...subjectOf(artifact),
        policyDigest: digestOf(own),
      });
      await decide('oncall', asHotfix);
    };
    const operator = (minimum: readonly EnvironmentMinimum[]): void => {
      const models = { ferry: { ...FERRY, minimum } };
      ports = { ...ports, settings: { ...ports.settings, models } };
    };

    it('is what its own rule lets in', async () => {
      await scene();
      await deploy(command(artifact));
    });
    it('is not that where nobody declared it one', async () => {
      await scene(false);
      await assert.rejects(deploy(command(artifact)), refused(/0 of 2 approvals/));
    });
    it('is not that where its spec has no way in for hotfixes', async () => {
      await scene(true, false);
      await assert.rejects(deploy(command(artifact)), refused(/0 of 2 approvals/));
    });
    it('is not that where the operator forbids it, or asks more', async () => {
      await scene();
      operator([{ name: 'production', gates: [], hotfix: 'forbidden' }]);
      await assert.rejects(deploy(command(artifact)), refused(/0 of 2 approvals/));
      operator([{ name: 'production', gates: [], approval: { roles: ['reviewer'], quorum: 1 } }]);
      await assert.rejects(deploy(command(artifact)), refused(/0 of 2 approvals/));
      operator([{ name: 'production', gates: [], hotfix: { approval: { roles: ['oncall'], quorum: 1 } } }]);
      await deploy(command(artifact));
    });
    it('is not what somebody said at the gate of its review', async () => {
      await scene();
      await openScene();
      await ask();
      await decide('reviewer', { gate: 'review.production' });
      await assert.rejects(deploy(command(artifact)), refused(/0 of 2 approvals/));
    });
  });

  it('is not what somebody approved who has lost the role since, or is the same person as another', async () => {
    await ask();
    await decide('reviewer');
    await decide('oncall');
    const all = identities;
    identities = all.map((one) => (one.name === 'oncall' ? { ...one, roles: [] } : one));
    await assert.rejects(deploy(command(artifact)), refused(/1 of 2 approvals/));
    identities = all.map((one) => (one.name === 'oncall' ? { ...one, person: 'reviewer' } : one));
    await assert.rejects(deploy(command(artifact)), refused(/1 of 2 approvals/));
    identities = all;
    await deploy(command(artifact));
  });

  it('is not what somebody approved who counts as an author by now, or who pushed or resumed it', async () => {
    await ask();
    await decide('reviewer');
    await decide('oncall');
    wrote = ['writer', 'oncall'];
    await assert.rejects(deploy(command(artifact)), refused(/1 of 2 approvals/));
    wrote = ['writer', 'stranger'];
    await assert.rejects(deploy(command(artifact)), refused(/0 of 2 approvals/));
    wrote = ['writer'];
    await ports.ledger.append(artifact.releaseId, 'r', 'release.resumed', 3_000, { number: 1, by: 'reviewer' });
    await assert.rejects(deploy(command(artifact)), refused(/1 of 2 approvals/));
    await ports.ledger.append(artifact.releaseId, 's', 'release.started', 3_000, { trigger: 'oncall' });
    await assert.rejects(deploy(command(artifact)), refused(/0 of 2 approvals/));
  });

  it('comes back without anybody who says who wrote it, where it ran before', async () => {
    await ports.ledger.append(STREAM, '1', 'deployment.deployed', 1, {
      epoch: 1,
      version: { artifactDigest: artifact.digest },
    });
    const gone = async (): Promise<never> => {
      throw new Error('the Git host was asked');
    };
    ports = { ...ports, source: { authorsBetween: gone } as unknown as SourceControl };
    await shift(command(artifact));
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

  it('is not what was approved before something else was asked for', async () => {
    await ask();
    await decide('reviewer');
    await decide('oncall');
    const evidenceDigest = `sha256:${'8'.repeat(64)}` as const;
    await ports.ledger.append(artifact.releaseId, 'asked again', 'approval.asked', 3_000, {
      ...{ ...subjectOf(artifact), evidenceDigest },
    });
    await decide('author', { jti: 'decision-on-new', evidenceDigest, decision: 'request-changes', reason: 'why' });
    await assert.rejects(deploy(command(artifact)), refused(/author asks for changes: why/));
  });

  const passed = (outcome: string, at: number) =>
    ports.ledger.append(STREAM, `${at}`, `deployment.${outcome}`, at, {
      version: { artifactDigest: artifact.digest, releaseId: artifact.releaseId, commit: artifact.commit },
    });
  const ended = (outcome: string) =>
    ports.ledger.append(artifact.releaseId, 'ended', 'release.ended', 4_000, { outcome });
  const USES: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['it was sent back', () => passed('rolled_back', 3_000)],
    ['it was refused', () => passed('refused', 3_000)],
    ['its release ended', () => ended('cancelled')],
  ];
  for (const [what, use] of USES)
    it(`is not once more what was approved before ${what}, until it is asked for and approved again`, async () => {
      await passed('rolled_back', 500);
      await ask();
      await decide('reviewer');
      await decide('oncall');
      await use();
      arbiterEpoch = 2;
      const again = command(artifact, { epoch: 2, seq: 1 });
      await assert.rejects(shift(again), refused(/what was approved of release.ferry.* in production is used/));
      await ports.ledger.append(artifact.releaseId, 'anew', 'approval.asked', 5_000, { ...subjectOf(artifact) });
      await assert.rejects(shift(again), refused(/0 of 2 approvals/));
      await decide('reviewer', { jti: 'anew-reviewer' });
      await decide('oncall', { jti: 'anew-oncall' });
      await shift(again);
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
    const other = await released({ weights: 'other', spec: { ...spec, model: 'tram' } });
    await assert.rejects(shift(command(other)), refused(/is a version of tram, not of ferry/));
    const bare = await released({ weights: 'bare', spec });
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
    const candidate = await released({ weights: 'candidate', spec });
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
