/** What a resumed release makes of a view that somebody handed its workflow who only reaches the engine. */
import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { digestOf } from '../../src/contract/canonicalDigest.js';
import { putJson } from '../../activities/documents.js';
import { createRecallRelease, type RecalledRelease } from '../../activities/recallRelease.js';
import { recordStage } from '../../activities/recordStage.js';
import type { Digest } from '../../src/domain/artifact/types.js';
import type { Verdict } from '../../src/domain/gate/types.js';
import type { ReleaseView, StageName, StageView } from '../../src/domain/release/types.js';
import { createMemoryWorkflows } from '../fakes/memoryWorkflows.js';
import { testPorts, type TestPorts } from '../fakes/ports.js';
import { resumeAsked } from '../fixtures/resumeAsked.js';
import { askedBy } from '../fixtures/askedBy.js';

const commit = 'c'.repeat(40);
const releaseId = `release/ferry/${commit}`;
const digest = (text: string): Digest => digestOf(text);
const ARTIFACT = digest('artifact');

let ports: TestPorts;
/** What the arbiter says serves in staging: it can be started by hand as well. */
let serving: Digest;
let checks: Digest;
let built: Digest;

const stage = (name: StageName, environment?: string, evidence?: Digest): StageView => ({
  ...{ name, status: 'passed', verdict: 'pass' },
  ...(environment === undefined ? {} : { environment }),
  ...(evidence === undefined ? {} : { evidence }),
});
const found = (name: StageName, environment: string | undefined, evidence: Digest, verdict: Verdict = 'pass') =>
  recordStage(ports, {
    ...{ releaseId, stage: name, verdict, reason: `${name} said ${verdict}`, evidence, artifactDigest: ARTIFACT },
    ...(environment === undefined ? {} : { environment }),
  });
const deployed = (epoch: number, artifactDigest: Digest) =>
  ports.ledger.append('environment/ferry/staging', `${epoch}`, 'deployment.deployed', 1, {
    ...{ epoch, version: { artifactDigest, releaseId, commit } },
  });
const ended = (outcome: string, id = 'ended') => ports.ledger.append(releaseId, id, 'release.ended', 1, { outcome });
const viewOf = (more: Partial<ReleaseView> = {}): ReleaseView => ({
  ...{ releaseId, model: 'ferry', repository: 'ferry', commit, order: 1, params: {}, decisions: [], startedAt: 0 },
  ...{ trigger: { kind: 'commit', by: 'author', at: 0 }, outcome: 'failed', artifactDigest: ARTIFACT },
  stages: [
    stage('integrate', undefined, checks),
    stage('build', undefined, built),
    stage('package', undefined, digest('package')),
    stage('deploy', 'staging'),
    stage('verify', 'staging', digest('smoke')),
    stage('gate', 'staging', digest('gate')),
    { name: 'deploy', environment: 'production', status: 'failed' },
  ],
  ...more,
});
const recall = async (view: ReleaseView, number = 1): Promise<RecalledRelease> =>
  askedBy(view.releaseId).run(createRecallRelease(ports), { number, view }) as Promise<RecalledRelease>;
const finishedBy = async (view: ReleaseView, number = 1): Promise<readonly string[]> =>
  (await recall(view, number)).finished.map(({ name, environment }) =>
    environment === undefined ? name : `${name}.${environment}`,
  );
const BUILT = ['integrate', 'build', 'package'];
const IN_STAGING = [...BUILT, 'deploy.staging', 'verify.staging'];

beforeEach(async () => {
  serving = ARTIFACT;
  ports = testPorts({
    workflows: createMemoryWorkflows({
      environment: () => ({ queries: { state: () => ({ epoch: 1, champion: { artifactDigest: serving } }) } }),
    }),
  });
  await ports.workflows.startOnce({
    ...{ workflowType: 'environment', workflowId: 'environment/ferry/staging', input: {}, summary: '', details: '' },
    searchAttributes: {},
  });
  const specDigest = await putJson(ports.store, {
    model: 'ferry',
    environments: [],
    checks: [],
    owners: [],
    build: { steps: [] },
  });
  checks = await putJson(ports.store, { specDigest, authorship: { authors: [], unknown: [], trigger: '' } });
  built = await putJson(ports.store, { outputs: {} });
  await resumeAsked(ports, releaseId);
  await ports.ledger.append(releaseId, 'started', 'release.started', 1, { model: 'ferry', commit });
  await found('integrate', undefined, checks);
  await found('build', undefined, built);
  await found('package', undefined, digest('package'));
  await deployed(1, ARTIFACT);
  await found('verify', 'staging', digest('smoke'));
});

describe('a stage that a view calls passed', () => {
  it('is finished where the ledger says the same', async () => {
    await found('gate', 'staging', digest('gate'));
    assert.deepEqual(await finishedBy(viewOf()), [...IN_STAGING, 'gate.staging']);
  });

  it('is told again where its own release never had that evidence, or it was of another artifact', async () => {
    assert.deepEqual(await finishedBy(viewOf()), IN_STAGING, 'the evidence of a gate that another release passed');
    const other = { artifactDigest: digest('another artifact') };
    assert.deepEqual(await finishedBy(viewOf(other)), ['integrate', 'build']);
    await found('gate', 'staging', digest('gate'));
    await found('gate', 'staging', digest('gate, again'), 'error');
    await ended('failed');
    await resumeAsked(ports, releaseId, 2);
    assert.deepEqual(await finishedBy(viewOf(), 2), IN_STAGING, 'it did not pass the last time');
  });

  it('is told again where only an arbiter says that the artifact serves', async () => {
    await deployed(2, digest('another artifact'));
    assert.deepEqual(await finishedBy(viewOf()), BUILT);
  });

  it('is told again where the environment has moved on', async () => {
    serving = digest('another artifact');
    assert.deepEqual(await finishedBy(viewOf()), BUILT);
  });
});

describe('a release that had ended for good', () => {
  const refused = { code: 'not_resumable', message: new RegExp(`${releaseId} cannot be resumed: .*, says the ledger`) };

  for (const outcome of ['blocked', 'promoted', 'rejected', 'rolled_back'])
    it(`is not told on, whatever a view says: ${outcome}`, async () => {
      await ended(outcome);
      await ended('failed', 'ended.1');
      const kept = new TextEncoder().encode('{}');
      await ports.store.putDocument(`releases/ferry/${commit}/release.json`, kept);
      await assert.rejects(recall(viewOf()), refused);
      assert.ok(await ports.store.getDocument(`releases/ferry/${commit}/release.json`), 'its record stays');
    });

  it('is not told on where a gate had refused it, and somebody ended it before it could say so', async () => {
    await found('gate', 'staging', digest('gate'), 'fail');
    await assert.rejects(recall(viewOf()), refused);
  });
});

describe('decisions of a resumed release', () => {
  it('are those of the ledger', async () => {
    const decision = { at: 5, jti: 'j', subject: 'reviewer', decision: 'approve', reason: 'good', counted: true };
    await ports.ledger.append(releaseId, 'd', 'decision', 5, { ...decision, environment: 'production' });
    const forged = { ...decision, jti: 'k', subject: 'lead' };
    const { decisions } = await recall(viewOf({ decisions: [forged] }));
    assert.deepEqual(decisions, [decision]);
  });
});
