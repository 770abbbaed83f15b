/** What a target makes of a version that its release has not let soak, whoever asks for it. */
import assert from 'node:assert/strict';
import { beforeEach, it } from 'node:test';
import { createShiftTraffic } from '../../activities/shiftTraffic.js';
import { recordStage } from '../../activities/recordStage.js';
import { HOTFIX_DECLARED } from '../../src/domain/urgency/hotfix.js';
import type { Workflows } from '../../src/ports/workflows.js';
import { createMemoryDeployTarget } from '../fakes/memoryDeployTarget.js';
import { testPorts, type TestPorts } from '../fakes/ports.js';
import { askedBy } from '../fixtures/askedBy.js';
import { packaged } from '../fixtures/packaged.js';
import { storeRelease, type StoredRelease } from '../fixtures/storedRelease.js';

const HOUR = 3_600_000;
const about = { approval: { kind: 'none' }, rollout: { strategy: 'immediate' }, gates: [], verify: { smokeRows: 0 } };
const spec = {
  model: 'ferry',
  environments: [
    { ...about, name: 'staging', soakMs: HOUR, hotfix: { reviewWithinMs: HOUR } },
    { ...about, name: 'production' },
  ],
};

let ports: TestPorts;
let release: StoredRelease;

beforeEach(async () => {
  const targets = { staging: createMemoryDeployTarget(), production: createMemoryDeployTarget() };
  ports = testPorts({
    target: (environment) => targets[environment as keyof typeof targets],
    workflows: { query: async () => ({ epoch: 1 }) } as unknown as Workflows,
    attestations: { verifyProvenance: async () => ({}) } as never,
  });
  release = await storeRelease(ports.store, { spec });
  for (const target of Object.values(targets)) target.add(release.digest);
  await packaged(ports, release.releaseId, release.digest);
});

const enter = (environment: string): Promise<unknown> =>
  askedBy(`rollout/ferry/${environment}/1`).run(createShiftTraffic(ports), {
    ...{ model: 'ferry', environment, fence: { epoch: 1, seq: 1 } },
    versions: [
      {
        artifactDigest: release.digest,
        releaseId: release.releaseId,
        commit: release.commit,
        weight: 100,
        role: 'champion' as const,
      },
    ],
  });
const deployedInStaging = (at: number) =>
  ports.ledger.append('environment/ferry/staging', `${at}`, 'deployment.deployed', at, {
    ...{ epoch: 1, version: { artifactDigest: release.digest, releaseId: release.releaseId } },
  });
const soaked = () =>
  recordStage(ports, {
    ...{ releaseId: release.releaseId, stage: 'soak', environment: 'staging', verdict: 'pass', reason: '' },
    ...{ artifactDigest: release.digest, evidence: release.digest },
  });
const refused = (message: RegExp) => ({ code: 'deployment_unauthorised', message });

it('is not let in before it soaked, also where nobody has to approve it', async () => {
  await enter('staging');
  await assert.rejects(enter('production'), refused(/nothing on record says that it soaked in staging/));
  await deployedInStaging(Date.now() - HOUR / 2);
  await soaked();
  await assert.rejects(enter('production'), refused(/was in staging for 1800 s/), 'looks and length came by message');
});

it('is let in once it was there for its time', async () => {
  await deployedInStaging(Date.now() - HOUR);
  await soaked();
  await enter('production');
});

it('is let in as a hotfix that need not soak, where it was declared one', async () => {
  await assert.rejects(enter('production'), refused(/soaked/));
  await ports.ledger.append(release.releaseId, 'hotfix', HOTFIX_DECLARED, 1, { by: 'oncall' });
  await enter('production');
});
