/** What becomes of `approval: automatic`, and what stays of it in the ledger. */
import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { createApproveAutomatically, type AutomaticallyApproved } from '../../activities/approveAutomatically.js';
import { putJson } from '../../activities/documents.js';
import { gatesDigest, smokeDigest } from '../../activities/judgedBy.js';
import { recordStage } from '../../activities/recordStage.js';
import type { Digest } from '../../src/domain/artifact/types.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import { AUTOMATIC_APPROVAL } from '../../src/domain/release/judgeAutomatic.js';
import type { StageName } from '../../src/domain/release/types.js';
import { testPorts, type TestPorts } from '../fakes/ports.js';
import { storeRelease, type StoredRelease } from '../fixtures/storedRelease.js';
import { askedBy } from '../fixtures/askedBy.js';

const place = (name: string, smokeRows: number, gates: readonly string[] = []) => ({
  ...{ name, approval: { kind: 'automatic' }, rollout: { strategy: 'immediate' } },
  ...{ verify: { smokeRows }, gates },
});

let ports: TestPorts;
let release: StoredRelease;
let evidence: Digest;

const scene = async (...environments: readonly ReturnType<typeof place>[]): Promise<void> => {
  ports = testPorts();
  release = await storeRelease(ports.store, { spec: { model: 'ferry', environments } });
  evidence = await putJson(ports.store, { found: 'all well' });
};
const found = (stage: StageName, environment?: string, left = evidence, judgedBy?: Digest): Promise<void> =>
  recordStage(ports, {
    ...{ releaseId: release.releaseId, stage, verdict: 'pass', reason: '', evidence: left },
    ...(environment === undefined ? {} : { environment }),
    ...(judgedBy === undefined ? {} : { judgedBy }),
    ...(stage === 'integrate' ? {} : { artifactDigest: release.digest }),
  });
const approve = (environment: string, by = release.releaseId): Promise<AutomaticallyApproved> =>
  askedBy(by).run(createApproveAutomatically(ports), {
    ...{ releaseId: release.releaseId, model: 'ferry', artifactDigest: release.digest, environment },
  }) as Promise<AutomaticallyApproved>;
const onRecord = async () =>
  (await ports.ledger.read(release.releaseId)).filter(({ kind }) => kind === AUTOMATIC_APPROVAL);

describe('approval: automatic', () => {
  beforeEach(() => scene(place('test', 0), place('staging', 9, ['quality']), place('production', 9)));

  it('rests on what was green before, names it, and is written down once', async () => {
    await found('integrate');
    await found('package');
    await found('verify', 'staging');
    await found('gate', 'staging');
    const approved = await approve('production');
    assert.deepEqual(
      [approved.verdict, approved.reason],
      ['pass', 'green with evidence: integrate, package, verify in staging, gate in staging'],
    );
    assert.deepEqual(await approve('production'), approved);
    const [entry, ...more] = await onRecord();
    assert.deepEqual([more.length, entry?.body['verdict'], entry?.body['evidence']], [0, 'pass', approved.evidence]);
  });

  it('is refused where a stage was judged by something else than its own spec asks', async () => {
    await found('integrate');
    await found('package');
    const gates = gatesDigest([], 'production');
    await found('verify', 'staging', evidence, smokeDigest(0));
    await found('gate', 'staging', evidence, gates);
    assert.match((await approve('production')).reason, /verify in staging was judged by something else/);
    await found('verify', 'staging', evidence, smokeDigest(9));
    assert.equal((await approve('production')).verdict, 'pass');
    await found('gate', 'staging', evidence, gatesDigest([], 'staging'));
    assert.match((await approve('production')).reason, /gate in staging was judged by something else/);
    const lax = { name: 'quality', minRows: 1, rules: [] };
    await found('gate', 'staging', evidence, gatesDigest([lax], 'production'));
    assert.match((await approve('production')).reason, /gate in staging was judged by something else/);
  });

  it('asks the first environment for checks and packaging only', async () => {
    await found('integrate');
    assert.match((await approve('test')).reason, /nothing on record says what came of package/);
    await found('package');
    assert.equal((await approve('test')).verdict, 'pass');
    assert.deepEqual(
      (await onRecord()).map(({ body }) => body['verdict']),
      ['fail', 'pass'],
    );
  });

  it('is refused where nothing before tests anything', async () => {
    await found('integrate');
    await found('package');
    const { verdict, reason } = await approve('staging');
    assert.equal(verdict, 'fail');
    assert.match(reason, /no environment before staging has a smoke test or a gate/);
  });

  it('is refused where the evidence is gone from the store', async () => {
    await found('integrate');
    await found('package', undefined, `sha256:${'0'.repeat(64)}`);
    const { verdict, reason } = await approve('test');
    assert.equal(verdict, 'fail');
    assert.match(reason, /the evidence of package is not there/);
  });

  it('is judged for its own workflow alone', async () => {
    await found('integrate');
    await found('package');
    await assert.rejects(approve('test', 'release/ferry/another'), { code: 'record_mismatch' });
    assert.deepEqual(await onRecord(), []);
  });

  it('is refused where the operator asks for people by now', async () => {
    const minimum = [{ name: 'production', gates: [], approval: { roles: ['reviewer'], quorum: 1 } }];
    const models = { ferry: { repository: 'ferry', branch: 'main', clocks: {}, minimum } };
    ports = { ...ports, settings: { ...ports.settings, models } };
    await assert.rejects(
      approve('production'),
      (error) => error instanceof SlipwayError && error.code === 'spec_below_minimum',
    );
  });
});
