import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createFinishRelease, type FinishedRelease } from '../../activities/finishRelease.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import { encodeJson, putJson, readDocument } from '../../activities/documents.js';
import { tellSteps } from '../../activities/stepStories.js';
import { lastPromotedKey, type LastPromoted } from '../../src/domain/release/keys.js';
import type { Ports } from '../../activities/ports.js';
import type { ReleaseView } from '../../src/domain/release/types.js';
import { testPorts } from '../fakes/ports.js';
import { recordStage } from '../../activities/recordStage.js';
import type { Digest } from '../../src/domain/artifact/types.js';
import { askedBy } from '../fixtures/askedBy.js';

const commit = 'a'.repeat(40);
const blocked = (evidence: ReleaseView['stages'][number]['evidence']): ReleaseView => ({
  releaseId: `release/m/${commit}`,
  model: 'm',
  repository: '/repository',
  commit,
  order: 1,
  trigger: { kind: 'commit', by: 'author', at: 0 },
  params: {},
  startedAt: 0,
  endedAt: 1_000,
  outcome: 'blocked',
  reason: 'quality: worse',
  decisions: [],
  stages: [
    { name: 'gate', environment: 'staging', status: 'failed', ...(evidence === undefined ? {} : { evidence }) },
    { name: 'approve', environment: 'production', status: 'pending' },
  ],
});
const rule = { rule: 'brier <= 0.2', verdict: 'fail', observed: 0.31, reason: 'brier is 0.31' };
const ARTIFACT: Digest = `sha256:${'a'.repeat(64)}`;
const found = { kind: 'gate', verdict: 'fail', results: [{ gate: 'quality', verdict: 'fail', rules: [rule] }] };

const finish = (ports: Ports, view: ReleaseView, by = view.releaseId): Promise<FinishedRelease> =>
  askedBy(by).run(createFinishRelease(ports), view) as Promise<FinishedRelease>;

describe('finishRelease', () => {
  const open = () =>
    testPorts({
      source: { setStatus: async () => undefined } as never,
      signer: { attestRelease: async () => ({}) } as never,
      failpoint: () => undefined,
    } as never);
  const file = async (ports: ReturnType<typeof open>, name: string): Promise<string> =>
    Buffer.from((await ports.store.getDocument(`releases/m/${commit}/${name}`)) ?? []).toString('utf8');

  it('shows what stopped a release that nobody was asked about, with its numbers', async () => {
    const ports = open();
    const red = await putJson(ports.store, found);
    const { releaseId } = blocked(red);
    await recordStage(ports, {
      ...{ releaseId, stage: 'gate', environment: 'staging', verdict: 'fail', reason: '' },
      ...{ evidence: red, artifactDigest: ARTIFACT },
    });
    await finish(ports, { ...blocked(red), artifactDigest: ARTIFACT });
    const page = await file(ports, 'report.html');
    assert.match(page, /brier &lt;= 0\.2/);
    assert.match(page, /0\.3100/);
    const evidence = await readDocument<{ stages: Record<string, unknown> }>(
      ports.store,
      `releases/m/${commit}/evidence.json`,
    );
    assert.deepEqual(Object.keys(evidence?.stages ?? {}), ['gate.staging']);
  });

  it('says nothing of an artifact that was never packaged', async () => {
    const ports = open();
    await finish(ports, blocked(undefined));
    assert.doesNotMatch(await file(ports, 'report.html'), /not stated/);
  });

  it('shows what became of each step, as the build told it', async () => {
    const ports = open();
    const attempts = [false, true].map((passed, at) => ({ number: at + 1, passed, end: 'ended', durationMs: 2_000 }));
    const train = {
      step: 'train',
      outcome: 'ran',
      reason: 'params changed',
      attempts,
      flaky: true,
      outputs: [],
    } as const;
    await tellSteps(ports.store, `release/m/${commit}`, [train]);
    await finish(ports, blocked(undefined));
    const page = await file(ports, 'report.html');
    assert.match(page, /step train failed and passed with the same inputs: 1 of 2 attempts failed/);
    assert.match(page, /<td>4\.0 s<\/td><td>params changed<\/td>/);
  });

  it('ends a release also where its commit is gone from the host, and says so where the host has to be told later', async () => {
    const ends = (code: 'unknown_commit' | 'repository_unreachable') => {
      const source = { setStatus: async () => Promise.reject(new SlipwayError(code, 'no')) };
      const ports = testPorts({ source, failpoint: () => undefined } as never);
      return finish(ports, blocked(undefined));
    };
    assert.deepEqual(await ends('unknown_commit'), { reported: true });
    assert.deepEqual(await ends('repository_unreachable'), { reported: false });
  });

  it('shows how the traffic moved, from the ledger alone', async () => {
    const ports = open();
    const candidate = `sha256:${'c'.repeat(64)}`;
    const champion = `sha256:${'d'.repeat(64)}`;
    const analysis = { step: 0, weight: 10, verdict: 'fail', reason: 'hour is beyond', requests: 61, measurements: [] };
    const evidence = await putJson(ports.store, {
      kind: 'canary',
      input: { step: { minRequests: 50 }, champion },
      measured: { counters: [{ artifactDigest: champion, requests: 577 }] },
      analysis,
    });
    await ports.ledger.append('rollout/m/production/4', 'analysed/0', 'rollout.analysed', 2_000, { evidence });
    const entry = { epoch: 4, outcome: 'rolled_back', reason: 'hour is beyond', startedAt: 0, endedAt: 3_000 };
    const version = { artifactDigest: candidate, commit, releaseId: `release/m/${commit}` };
    await ports.ledger.append('environment/m/production', '4', 'deployment.rolled_back', 3_000, { ...entry, version });
    const other = {
      ...entry,
      epoch: 5,
      reason: 'of another release',
      version: { ...version, releaseId: 'release/m/b' },
    };
    await ports.ledger.append('environment/m/production', '5', 'deployment.deployed', 4_000, other);
    const view = blocked(undefined);
    const deploy = { name: 'deploy', environment: 'production', status: 'failed' } as const;
    await finish(ports, { ...view, outcome: 'rolled_back', stages: [...view.stages, deploy] });
    const page = await file(ports, 'report.html');
    assert.match(page, /61 \(50 needed\)<\/td><td>577/);
    assert.doesNotMatch(page, /of another release/);
  });

  it('names the release that was promoted last, and no other, for a recovery to watch drift by', async () => {
    const ports = open();
    const last = () => readDocument<LastPromoted>(ports.store, lastPromotedKey('m'));
    await finish(ports, blocked(undefined));
    assert.equal(await last(), undefined);
    await finish(ports, { ...blocked(undefined), resumed: 1, outcome: 'promoted' });
    assert.deepEqual(await last(), { commit, releaseId: `release/m/${commit}` });
  });

  it('leaves the evidence that a person decided on as it was', async () => {
    const ports = open();
    const key = `releases/m/${commit}/evidence.json`;
    await ports.store.putDocument(key, encodeJson({ decided: true }), 'application/json');
    await finish(ports, blocked(undefined));
    assert.deepEqual(await readDocument(ports.store, key), { decided: true });
  });

  it('ends no release for another workflow, and leaves nothing behind', async () => {
    const ports = open();
    const { releaseId } = blocked(undefined);
    const promoted = { ...blocked(undefined), outcome: 'promoted' } as const;
    await assert.rejects(finish(ports, promoted, 'release/m/another'), { code: 'record_mismatch' });
    assert.deepEqual(await ports.ledger.read(releaseId), []);
    for (const name of ['release.json', 'evidence.json', 'report.html']) assert.equal(await file(ports, name), '');
  });
});
