import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { createRecallRelease } from '../../activities/recallRelease.js';
import { recordStage } from '../../activities/recordStage.js';
import type { Digest } from '../../src/domain/artifact/types.js';
import { releaseStory } from '../../src/domain/ledger/releaseStory.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import type { ReleaseView } from '../../src/domain/release/types.js';
import type { Workflows } from '../../src/ports/workflows.js';
import { testPorts } from '../fakes/ports.js';
import { ferries, MODEL, openBuildScene, outcomeOf } from './buildScene.js';

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
    const recalled = await createRecallRelease(scene.ports)({ number: 1, view });
    assert.notEqual(built.packages, undefined);
    assert.deepEqual(recalled.built, built);
    assert.equal((await createRecallRelease(scene.ports)({ number: 1, view })).finished.length, 1);
    const told = (await scene.ports.ledger.read(releaseId)).filter(({ kind }) => kind === 'release.resumed');
    assert.deepEqual(
      told.map(({ body }) => [body['number'], (body['after'] as { outcome: string }).outcome]),
      [[1, 'failed']],
      'that it was told on is in the ledger, once',
    );
  });

  it('is told to the ledger with who asked for it, and what had changed', async () => {
    const releaseId = `release/${MODEL}/${'c'.repeat(40)}`;
    const ports = testPorts();
    const view = { releaseId, model: MODEL, outcome: 'failed', reason: 'broken', stages: [] } as unknown as ReleaseView;
    const changed = ['data: history.csv changed'];
    await createRecallRelease(ports)({ number: 1, view, by: 'reviewer', anyway: true, changed });
    await createRecallRelease(ports)({ number: 2, view });
    const entries = await ports.ledger.read(releaseId);
    assert.deepEqual(
      entries.map(({ body }) => body),
      [
        { number: 1, by: 'reviewer', anyway: true, changed, after: { outcome: 'failed', reason: 'broken' } },
        { number: 2, after: { outcome: 'failed', reason: 'broken' } },
      ],
    );
    const said = releaseStory(releaseId, entries, [], []).map(({ what }) => what);
    assert.deepEqual(said, [
      'told on (1) by reviewer anyway, although data: history.csv changed, after: broken',
      'told on (2), after: broken',
    ]);
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
      const { finished } = await createRecallRelease(ports)({ number: 1, view });
      return finished.map(({ name }) => name);
    };
    assert.deepEqual(await finishedWhere('a', ours), ['package', 'deploy', 'verify']);
    assert.deepEqual(await finishedWhere('b', theirs), ['package'], 'something else serves there now');
    assert.deepEqual(await finishedWhere('c', undefined), ['package'], 'its arbiter is gone');
  });
});
