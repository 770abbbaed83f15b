import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createPrepareApproval, type PreparedApproval } from '../../activities/prepareApproval.js';
import { getJson, putJson } from '../../activities/documents.js';
import { recordStage } from '../../activities/recordStage.js';
import { tellSteps } from '../../activities/stepStories.js';
import type { ShownWithIt } from '../../src/domain/approval/shownWithIt.js';
import type { ApprovalSubject } from '../../src/domain/approval/types.js';
import type { Digest, Version } from '../../src/domain/artifact/types.js';
import { newEnvironment } from '../../src/domain/environment/newEnvironment.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import type { ReleaseView } from '../../src/domain/release/types.js';
import type { EnvironmentSpec } from '../../src/domain/spec/types.js';
import type { Workflows } from '../../src/ports/workflows.js';
import { createMemorySourceControl } from '../fakes/memorySourceControl.js';
import { createMemoryWorkflows } from '../fakes/memoryWorkflows.js';
import { testPorts } from '../fakes/ports.js';
import { storeRelease } from '../fixtures/storedRelease.js';
import { packaged } from '../fixtures/packaged.js';
import { askedBy } from '../fixtures/askedBy.js';

const digest: Digest = `sha256:${'a'.repeat(64)}`;
const other: Digest = `sha256:${'b'.repeat(64)}`;
const viewOf = (commit: string): ReleaseView => ({
  releaseId: `release/m/${commit}`,
  model: 'm',
  repository: 'm',
  commit,
  order: 1,
  trigger: { kind: 'commit', by: 'source/m', at: 0 },
  params: {},
  startedAt: 0,
  stages: [],
  artifactDigest: digest,
  decisions: [],
});
const environment: EnvironmentSpec = {
  name: 'production',
  gates: [],
  approval: { kind: 'required', roles: ['reviewer', 'oncall', 'lead'], quorum: 1, remindAfterMs: 1, expireAfterMs: 2 },
  rollout: { strategy: 'immediate' },
  verify: { smokeRows: 1 },
};

it('tells those who can approve: who does not answer is told later, whom nothing reaches is named with the reason', async () => {
  const workflows = createMemoryWorkflows({
    environment: () => ({ queries: { state: () => newEnvironment('m', 'production', {}) } }),
  });
  const source = createMemorySourceControl(['m']);
  const commit = source.commit('m', { 'slipway.yaml': 'version: 1' });
  const ports = testPorts({
    workflows,
    source,
    notifier: {
      notify: async ({ to }) => {
        if (to === 'reviewer') throw new SlipwayError('notification_refused', 'no channel is configured for reviewer');
        if (to === 'oncall') throw new SlipwayError('notification_failed', 'the receiver for oncall did not answer');
      },
    },
  });
  const attempts = [false, true].map((passed, at) => ({ number: at + 1, passed, end: 'ended', durationMs: 2_000 }));
  const train = {
    step: 'train',
    outcome: 'ran',
    reason: 'params changed',
    attempts,
    flaky: true,
    outputs: [],
  } as const;
  const view = viewOf(commit);
  await packaged(ports, view.releaseId, digest);
  await tellSteps(ports.store, view.releaseId, [train]);
  const { untold, unreachable } = (await askedBy(view.releaseId).run(createPrepareApproval(ports), {
    view,
    environment,
    environmentWorkflowId: 'environment/m/production',
    specDigest: digest,
    expireAt: 10,
  })) as PreparedApproval;
  assert.deepEqual(
    untold.map(({ to }) => to),
    ['oncall'],
  );
  const page = new TextDecoder().decode(await ports.store.getDocument(`releases/m/${view.commit}/report.html`));
  assert.match(page, /Waits since .* for 1 of reviewer, oncall, lead to let it enter production/);
  assert.match(page, /step train failed and passed with the same inputs: 1 of 2 attempts failed/);
  assert.deepEqual(unreachable, [{ to: 'reviewer', reason: 'no channel is configured for reviewer' }]);
});

it('says field by field what changed since it was shown, and asks again; where nothing did nobody is asked', async () => {
  let epoch = 1;
  let champion = { artifactDigest: digest, releaseId: 'release/m/old', commit: 'd'.repeat(40) };
  const state = () => ({ ...newEnvironment('m', 'production', {}), epoch, champion });
  const workflows = { query: async () => state() } as unknown as Workflows;
  const source = createMemorySourceControl(['m']);
  const commit = source.commit('m', { 'slipway.yaml': 'version: 1' });
  const bodies: string[] = [];
  const notifier = { notify: async ({ body }: { body: string }) => void bodies.push(body) };
  const ports = testPorts({ workflows, source, notifier });
  const view = viewOf(commit);
  await packaged(ports, view.releaseId, digest);
  const prepare = (shown?: ApprovalSubject) =>
    askedBy(view.releaseId).run(createPrepareApproval(ports), {
      view,
      environment: { ...environment, approval: { ...environment.approval, roles: ['reviewer'] } as never },
      environmentWorkflowId: 'environment/m/production',
      specDigest: digest,
      expireAt: 10,
      ...(shown === undefined ? {} : { shown }),
    }) as Promise<PreparedApproval>;
  const first = await prepare();
  assert.deepEqual((await prepare(first.subject)).changes, []);
  assert.equal(bodies.length, 1);
  epoch = 2;
  champion = { ...champion, artifactDigest: `sha256:${'b'.repeat(64)}` };
  const second = await prepare(first.subject);
  const changes = ['production went from epoch 1 to 2', `champion was ${digest}, is sha256:${'b'.repeat(64)}`];
  assert.deepEqual(second.changes, changes);
  assert.ok(changes.every((line) => bodies[1]?.includes(line)));
  const page = new TextDecoder().decode(await ports.store.getDocument(`releases/m/${view.commit}/report.html`));
  assert.match(page, /What was decided before .* is void:[^]*production went from epoch 1 to 2/);
});

it('asks anew, with an entry of its own, once the release ended, was told on or was sent back since it asked', async () => {
  const state = () => newEnvironment('m', 'production', {});
  const workflows = { query: async () => state() } as unknown as Workflows;
  const source = createMemorySourceControl(['m']);
  const ports = testPorts({ workflows, source, notifier: { notify: async () => undefined } });
  const view = viewOf(source.commit('m', { 'slipway.yaml': 'version: 1' }));
  const { releaseId } = view;
  await packaged(ports, releaseId, digest);
  const asks = async (): Promise<number> => {
    await askedBy(releaseId).run(createPrepareApproval(ports), {
      ...{ view, environment, specDigest: digest, expireAt: 10 },
      environmentWorkflowId: 'environment/m/production',
    });
    return (await ports.ledger.read(releaseId)).filter(({ kind }) => kind === 'approval.asked').length;
  };
  const said = { version: { releaseId } };
  const sentBack = () =>
    ports.ledger.append('environment/m/production', '1', 'deployment.rolled_back', Date.now() + 60_000, said);
  const first = await asks();
  assert.equal(first, 1);
  assert.equal(await asks(), 1, 'the same');
  await ports.ledger.append(releaseId, 'ended', 'release.ended', 1, { outcome: 'cancelled' });
  assert.equal(await asks(), 2);
  assert.equal(await asks(), 2, 'the same');
  await ports.ledger.append(releaseId, 'resumed.1', 'release.resumed', 1, { number: 1 });
  assert.equal(await asks(), 3);
  await sentBack();
  assert.equal(await asks(), 4);
});

it('lays the version that waits beside the one that runs: metrics, parameters, packages, and the way back', async () => {
  const source = createMemorySourceControl(['m']);
  const commit = source.commit('m', { 'slipway.yaml': 'version: 1' });
  const champions: Version[] = [];
  const state = () => ({ ...newEnvironment('m', 'production', {}), champion: champions[0] });
  const ports = testPorts({ source, workflows: { query: async () => state() } as unknown as Workflows });
  const numpy = (version: string) => [{ ecosystem: 'pypi', name: 'numpy', version }] as const;
  const champion = await storeRelease(ports.store, {
    model: 'm',
    brier: 0.2,
    params: { days: 12 },
    packages: numpy('1.0'),
  });
  champions.push({ ...champion, artifactDigest: champion.digest });
  const candidate = await storeRelease(ports.store, {
    ...{ model: 'm', commit, brier: 0.1, params: { days: 30 }, packages: numpy('2.0') },
  });
  const view = { ...viewOf(commit), artifactDigest: candidate.digest };
  await packaged(ports, view.releaseId, candidate.digest);
  await askedBy(view.releaseId).run(createPrepareApproval(ports), {
    view,
    environment,
    environmentWorkflowId: 'environment/m/production',
    specDigest: digest,
    expireAt: 10,
  });
  const { body } = (await ports.ledger.read(view.releaseId)).at(-1)!;
  const kept = await ports.store.getBlob(body['shown'] as Digest);
  const { differences, next } = (JSON.parse(new TextDecoder().decode(kept)) as ShownWithIt).prospect;
  const told = differences.map(({ part, name, from, to }) => [part, name, from, to].join(' '));
  for (const line of ['params days 12 30', 'packages pypi/numpy 1.0 2.0', 'metrics brier 0.2 0.1'])
    assert.ok(told.includes(line), `${line}: ${told.join(', ')}`);
  assert.match(next.at(-1) ?? '', new RegExp(`slipway rollback m production.*${champion.digest.slice(7, 19)}`));
  const page = new TextDecoder().decode(await ports.store.getDocument(`releases/m/${view.commit}/report.html`));
  assert.match(page, /Approving for production[^]*Beside what runs there[^]*<td>days<\/td><td>12<\/td><td>30<\/td>/);
});

it('shows what the ledger says of its artifact, whatever stages a view has', async () => {
  const source = createMemorySourceControl(['m']);
  const view = viewOf(source.commit('m', { 'slipway.yaml': 'version: 1' }));
  const { releaseId } = view;
  const workflows = { query: async () => newEnvironment('m', 'production', {}) } as unknown as Workflows;
  const ports = testPorts({ source, workflows });
  const gate = async (verdict: 'pass' | 'fail', artifactDigest: Digest, of = releaseId): Promise<Digest> => {
    const evidence = await putJson(ports.store, { kind: 'gate', artifactDigest, verdict, results: [] });
    await recordStage(ports, {
      ...{ releaseId: of, stage: 'gate', environment: 'staging', verdict, reason: '', evidence, artifactDigest },
    });
    return evidence;
  };
  await packaged(ports, releaseId, digest);
  const red = await gate('fail', digest);
  const green = [await gate('pass', other), await gate('pass', other, 'release/m/another')];
  const asks = async (stages: ReleaseView['stages']) => {
    const { subject } = (await askedBy(releaseId).run(createPrepareApproval(ports), {
      ...{ view: { ...view, stages }, environment, specDigest: digest, expireAt: 10 },
      environmentWorkflowId: 'environment/m/production',
    })) as PreparedApproval;
    const shown = await getJson<{ stages: Record<string, { digest: Digest }> }>(ports.store, subject.evidenceDigest);
    return shown.stages['gate.staging']?.digest;
  };
  const passed = { name: 'gate', environment: 'staging', status: 'passed', verdict: 'pass' } as const;
  for (const evidence of green) assert.equal(await asks([{ ...passed, evidence }]), red);
  assert.equal(await asks([]), red, 'left out of the view');
});

it('asks only about what the release packaged last', async () => {
  const source = createMemorySourceControl(['m']);
  const view = viewOf(source.commit('m', { 'slipway.yaml': 'version: 1' }));
  const ports = testPorts({ source });
  const asked = () =>
    askedBy(view.releaseId).run(createPrepareApproval(ports), {
      ...{ view, environment, environmentWorkflowId: 'environment/m/production', specDigest: digest, expireAt: 10 },
    });
  await assert.rejects(asked(), { code: 'record_mismatch', message: /has nothing as what release/ });
  await packaged(ports, view.releaseId, other);
  await assert.rejects(asked(), { code: 'record_mismatch', message: /has sha256:bbb.* as what release/ });
});
