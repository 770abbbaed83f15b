import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createLookAtTarget } from '../../activities/lookAtTarget.js';
import { createLookForRecovery } from '../../activities/lookForRecovery.js';
import { newEnvironment } from '../../src/domain/environment/newEnvironment.js';
import type { EnvironmentState } from '../../src/domain/environment/types.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import type { TargetVersion } from '../../src/domain/rollout/types.js';
import type { Workflows } from '../../src/ports/workflows.js';
import { createMemoryDeployTarget } from '../fakes/memoryDeployTarget.js';
import { testPorts } from '../fakes/ports.js';
import { makeArtifact, storeArtifact, testModel } from '../fixtures/artifact.js';

const place = { model: 'flight-delay', environment: 'production' };
const about = { releaseId: 'release/flight-delay/1', commit: '1'.repeat(40) };

const open = async () => {
  const target = createMemoryDeployTarget();
  let state: EnvironmentState | undefined;
  let onQuery = (): void => undefined;
  const workflows = {
    query: async () => {
      onQuery();
      if (state === undefined) throw new SlipwayError('not_found', 'no such workflow');
      return state;
    },
  } as unknown as Workflows;
  const ports = testPorts({ target: () => target, workflows });
  const { artifactDigest } = await storeArtifact(ports.store, makeArtifact(testModel(0.1)));
  const other = (await storeArtifact(ports.store, makeArtifact(testModel(0.9)))).artifactDigest;
  for (const digest of [artifactDigest, other]) target.add(digest);
  const version = (digest: typeof artifactDigest, weight: number, role: TargetVersion['role'] = 'champion') => ({
    ...{ artifactDigest: digest, ...about, weight, role },
  });
  const champion = { artifactDigest, ...about };
  return {
    ...{ target, ports, champion, other, version },
    look: () => createLookAtTarget(ports)(place),
    recovered: () =>
      createLookForRecovery(ports)({ ...place, kind: 'deployment_drift', subject: 'production', after: 0 }),
    settle: (epoch: number, change: Partial<EnvironmentState> = {}) =>
      void (state = { ...newEnvironment(place.model, place.environment, { epoch, champion }), ...change }),
    whenAsked: (act: () => void) => void (onQuery = act),
    tell: (epoch: number, ...versions: TargetVersion[]) =>
      target.apply({ ...place, fence: { epoch, seq: 1 }, versions }),
  };
};

describe('a look at what a target runs', () => {
  it('finds nothing where it runs what was settled, and where there is no arbiter', async () => {
    const { look, recovered, settle, tell, version, champion } = await open();
    assert.equal((await look()).kind, 'busy');
    settle(1);
    await tell(1, version(champion.artifactDigest, 100));
    assert.equal((await look()).kind, 'agrees');
    assert.equal((await recovered()).recovered, true);
  });

  it('finds weights that were changed by hand, keeps what it saw, and says how to put it back', async () => {
    const { look, recovered, settle, tell, version, champion, other, ports } = await open();
    settle(1);
    await tell(2, version(champion.artifactDigest, 40), version(other, 60, 'candidate'));
    const seen = await look();
    assert.ok(seen.kind === 'drifted', JSON.stringify(seen));
    assert.match(seen.reason, /somebody else told the target epoch 2.*has 40 % as champion/);
    assert.deepEqual([seen.repair?.version, seen.repair?.restore], [champion, { above: 2 }]);
    const kept = JSON.parse(Buffer.from(await ports.store.getBlob(seen.report)).toString()) as { observed: unknown };
    assert.deepEqual(kept.observed, await ports.target('production').observe(place.model, place.environment));
    assert.equal((await recovered()).recovered, false);
  });

  it('finds a target that cannot be asked, unless nothing should run there', async () => {
    const { look, recovered, settle, target } = await open();
    settle(1);
    target.fail(new SlipwayError('target_unreachable', 'nothing answers'));
    const seen = await look();
    assert.ok(seen.kind === 'unreachable');
    assert.equal(seen.reason, 'target_unreachable: nothing answers');
    assert.equal((await recovered()).recovered, false);
    settle(1, { champion: undefined } as never);
    assert.equal((await look()).kind, 'busy');
  });

  it('says nothing of a passage that begins between its questions', async () => {
    const { look, settle, tell, version, other, whenAsked } = await open();
    settle(1);
    await tell(2, version(other, 100));
    let asked = 0;
    whenAsked(() => void ((asked += 1) === 2 && settle(2)));
    assert.equal((await look()).kind, 'busy');
  });
});
