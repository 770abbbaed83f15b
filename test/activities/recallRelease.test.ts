import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import type { Ports } from '../../activities/ports.js';
import { createRecallRelease, type RecalledRelease } from '../../activities/recallRelease.js';
import { recordStage } from '../../activities/recordStage.js';
import type { Digest } from '../../src/domain/artifact/types.js';
import { FREEZE_OVERRIDDEN } from '../../src/domain/hold/ledger.js';
import { resumersOnRecord } from '../../src/domain/release/onRecord.js';
import { releaseStory } from '../../src/domain/ledger/releaseStory.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import { GLASS_OPENED } from '../../src/domain/urgency/breakGlass.js';
import type { Resumption } from '../../src/domain/release/resumePoint.js';
import type { ReleaseView } from '../../src/domain/release/types.js';
import type { Workflows } from '../../src/ports/workflows.js';
import { testPorts } from '../fakes/ports.js';
import { resumeAsked } from '../fixtures/resumeAsked.js';
import { askedBy } from '../fixtures/askedBy.js';
import { ferries, MODEL, openBuildScene, outcomeOf } from './buildScene.js';

const kindsOf = (entries: readonly { readonly kind: string }[]): readonly string[] => entries.map(({ kind }) => kind);

/** As the API has it told on, for whom the input names. */
const recall = async (ports: Ports, asked: Resumption, by = asked.view.releaseId): Promise<RecalledRelease> => {
  await resumeAsked(ports, asked.view.releaseId, asked.number, asked.by);
  return askedBy(by).run(createRecallRelease(ports), asked) as Promise<RecalledRelease>;
};

describe('what a resumed release finds in the store', () => {
  const scene = openBuildScene();
  after(scene.close);
  it('is the build as it was, with the list of its packages, so that it is packaged as the same artifact', async () => {
    const lock = { lockfileVersion: 3, packages: { 'node_modules/left': { version: '1.0.0' } } };
    const commit = scene.repository.commit({ ...ferries(), 'package-lock.json': JSON.stringify(lock) });
    const { outcome, releaseId } = await scene.build(commit);
    const built = outcomeOf(outcome);
    const view: ReleaseView = {
      ...{ releaseId, model: MODEL, repository: MODEL, commit, order: 1, params: {}, decisions: [], startedAt: 0 },
      trigger: { kind: 'commit', by: 'author', at: 0 },
      outcome: 'failed',
      stages: [
        { name: 'build', status: 'passed', evidence: built.evidence },
        { name: 'package', status: 'failed' },
      ],
    };
    const recalled = await recall(scene.ports, { number: 1, view });
    assert.notEqual(built.packages, undefined);
    assert.deepEqual(recalled.built, built);
    assert.equal((await recall(scene.ports, { number: 1, view })).finished.length, 1);
    const told = (await scene.ports.ledger.read(releaseId)).filter(({ kind }) => kind === 'release.resumed');
    assert.deepEqual(
      told.map(({ body }) => [body['number'], (body['after'] as { outcome: string }).outcome]),
      [[1, 'failed']],
      'that it was told on is in the ledger, once',
    );
  });

  it('is what it was let pass, for ever, and nothing of that which the ledger does not have', async () => {
    const releaseId = `release/${MODEL}/${'d'.repeat(40)}`;
    const ports = testPorts();
    const override = { freeze: 'freeze-1', environment: 'staging', by: 'operator', reason: 'today', at: 7 };
    const notice = {
      ...{ environment: 'production', by: ['oncall', 'operator'], reason: 'a; b', at: 9 },
      incidentId: 'incident/m/production/breakglass.d',
    };
    const view = {
      ...{ releaseId, model: MODEL, outcome: 'failed', stages: [] },
      overrides: [{ ...override, by: 'forged' }],
    } as unknown as ReleaseView;
    const before = await recall(ports, { number: 1, view });
    assert.deepEqual([before.overrides, before.breakGlass], [undefined, undefined]);
    await ports.ledger.append(releaseId, 'o', FREEZE_OVERRIDDEN, 7, { ...override, statement: 's' });
    await ports.ledger.append(releaseId, 'g', GLASS_OPENED, 10, { ...notice, artifactDigest: 'x' });
    const after = await recall(ports, { number: 2, view });
    assert.deepEqual([after.overrides, after.breakGlass], [[override], [notice]]);
  });

  it('is told on once for each time that somebody asked: not by another run, and not when that telling has ended', async () => {
    const releaseId = `release/${MODEL}/${'e'.repeat(40)}`;
    const ports = testPorts();
    const view = { releaseId, model: MODEL, outcome: 'failed', reason: 'broken', stages: [] } as unknown as ReleaseView;
    await recall(ports, { number: 1, view, by: 'reviewer' });
    const again = (run: string) => askedBy(releaseId, run).run(createRecallRelease(ports), { number: 1, view });
    await again('r');
    await assert.rejects(again('another'), { code: 'not_resumable', message: /telling 1 of .* is on record already/ });
    await ports.ledger.append(releaseId, 'ended.1', 'release.ended', 9, { outcome: 'failed' });
    await assert.rejects(again('r'), { code: 'not_resumable', message: /nobody asked the API for telling 1/ });
  });

  it('is told to the ledger with who asked for it, and what had changed', async () => {
    const releaseId = `release/${MODEL}/${'c'.repeat(40)}`;
    const ports = testPorts();
    const view = { releaseId, model: MODEL, outcome: 'failed', reason: 'broken', stages: [] } as unknown as ReleaseView;
    const changed = ['data: history.csv changed'];
    await recall(ports, { number: 1, view, by: 'reviewer', anyway: true, changed });
    await recall(ports, { number: 2, view });
    const entries = await ports.ledger.read(releaseId);
    assert.deepEqual(
      entries.filter(({ kind }) => kind === 'release.resumed').map(({ body }) => body),
      [
        { number: 1, by: 'reviewer', run: 'r', anyway: true, changed, after: { outcome: 'failed', reason: 'broken' } },
        { number: 2, by: 'operator', run: 'r', after: { outcome: 'failed', reason: 'broken' } },
      ],
    );
    const said = releaseStory(releaseId, entries, [], []).map(({ what }) => what);
    assert.deepEqual(said, [
      'reviewer asks to have it told on (1)',
      'operator asks to have it told on (2)',
      'told on (1) by reviewer anyway, although data: history.csv changed, after: broken',
      'told on (2) by operator, after: broken',
    ]);
  });

  it('is told to its own workflow alone: who resumes is an author from then on, and decides no more', async () => {
    const releaseId = `release/${MODEL}/${'e'.repeat(40)}`;
    const ports = testPorts();
    const view = { releaseId, model: MODEL, outcome: 'failed', reason: 'broken', stages: [] } as unknown as ReleaseView;
    const asked = recall(ports, { number: 1, view, by: 'reviewer' }, `release/${MODEL}/another`);
    await assert.rejects(asked, { code: 'record_mismatch' });
    assert.deepEqual(kindsOf(await ports.ledger.read(releaseId)), ['resume.asked']);
  });

  it('is told to nobody who started it by hand, and disqualifies nobody whom they name', async () => {
    const releaseId = `release/${MODEL}/${'f'.repeat(40)}`;
    const ports = testPorts();
    const view = { releaseId, model: MODEL, outcome: 'failed', reason: 'broken', stages: [] } as unknown as ReleaseView;
    const byHand = (number: number) =>
      askedBy(releaseId).run(createRecallRelease(ports), { number, view, by: 'reviewer' });
    const refused = { code: 'not_resumable', message: /nobody asked the API/ };
    await assert.rejects(byHand(1), refused);
    assert.deepEqual(await ports.ledger.read(releaseId), []);
    await resumeAsked(ports, releaseId, 1, 'author');
    await assert.rejects(byHand(2), refused, 'nobody asked for another telling');
    await byHand(1);
    assert.deepEqual(resumersOnRecord(await ports.ledger.read(releaseId)), ['author']);
  });

  it('is what an environment took, where that still serves it', async () => {
    const digest = (letter: string): Digest => `sha256:${letter.repeat(64)}`;
    const [ours, theirs] = [digest('a'), digest('b')];
    const finishedWhere = async (commit: string, serving: Digest | undefined): Promise<readonly string[]> => {
      const releaseId = `release/${MODEL}/${commit.repeat(40)}`;
      const version = { artifactDigest: ours, releaseId, commit: commit.repeat(40) };
      const evidence = digest('e');
      const found = { releaseId, verdict: 'pass', reason: '', evidence, artifactDigest: ours } as const;
      const ports = testPorts({
        workflows: {
          query: async (workflowId: string, query: string) => {
            assert.deepEqual([workflowId, query], [`environment/${MODEL}/staging`, 'state']);
            if (serving === undefined) throw new SlipwayError('not_found', 'no arbiter');
            return { champion: { ...version, artifactDigest: serving } };
          },
        } as unknown as Workflows,
      });
      await ports.ledger.append(`environment/${MODEL}/staging`, '1', 'deployment.deployed', 1, { epoch: 1, version });
      await recordStage(ports, { ...found, stage: 'package' });
      await recordStage(ports, { ...found, stage: 'verify', environment: 'staging' });
      const view: ReleaseView = {
        ...{ releaseId, model: MODEL, repository: MODEL, commit: commit.repeat(40), order: 1, params: {} },
        ...{ decisions: [], startedAt: 0, outcome: 'failed', artifactDigest: ours },
        trigger: { kind: 'commit', by: 'author', at: 0 },
        stages: [
          { name: 'package', status: 'passed', evidence },
          { name: 'deploy', environment: 'staging', status: 'passed' },
          { name: 'verify', environment: 'staging', status: 'passed', evidence },
          { name: 'deploy', environment: 'production', status: 'failed' },
        ],
      };
      const { finished } = await recall(ports, { number: 1, view });
      return finished.map(({ name }) => name);
    };
    assert.deepEqual(await finishedWhere('a', ours), ['package', 'deploy', 'verify']);
    assert.deepEqual(await finishedWhere('b', theirs), ['package'], 'something else serves there now');
    assert.deepEqual(await finishedWhere('c', undefined), ['package'], 'its arbiter is gone');
  });
});
