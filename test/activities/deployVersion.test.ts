import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createDeployVersion, type DeployVersionInput } from '../../activities/deployVersion.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import type { ObservedVersion, TargetCommand, TargetState } from '../../src/domain/rollout/types.js';
import { attestationKey } from '../../src/domain/artifact/attestationKeys.js';
import type { Attestations } from '../../src/ports/attestations.js';
import type { DeployTarget } from '../../src/ports/deployTarget.js';
import type { Workflows } from '../../src/ports/workflows.js';
import { testPorts } from '../fakes/ports.js';
import { storeRelease } from '../fixtures/storedRelease.js';

const made = { spec: { model: 'ferry', environments: [{ name: 'test', approval: { kind: 'none' } }] } };
const { digest, releaseId, commit } = await storeRelease(testPorts().store, made);
const command: TargetCommand = {
  model: 'ferry',
  environment: 'test',
  fence: { epoch: 1, seq: 1 },
  versions: [{ artifactDigest: digest, releaseId, commit, weight: 100, role: 'candidate' }],
};

/** A target that has nothing at first, then a version in the state that the test gives, look by look; the last one stays. */
const target = (
  looks: readonly Partial<ObservedVersion>[],
  fence = command.fence,
): DeployTarget & { readonly applied: TargetCommand[] } => {
  const applied: TargetCommand[] = [];
  let look = 0;
  const state = (): TargetState => ({
    model: 'ferry',
    environment: 'test',
    fence,
    inferenceUrl: 'http://127.0.0.1:1',
    versions: [
      {
        artifactDigest: digest,
        weight: 100,
        role: 'candidate',
        ready: false,
        restarts: 0,
        ...looks[Math.min(look++, looks.length - 1)],
      },
    ],
  });
  return {
    applied,
    apply: async (next) => {
      applied.push(next);
      return state();
    },
    observe: async () => (applied.length === 0 ? undefined : state()),
    measure: async () => ({ since: fence, counters: [] }),
  };
};

const arbiter = { query: async () => ({ epoch: 1 }) } as unknown as Workflows;

const run = async (
  deployTarget: DeployTarget,
  input: Partial<DeployVersionInput> = {},
  attestations: Attestations = { verifyProvenance: async () => ({}) },
  attested = true,
): Promise<TargetState> => {
  const ports = testPorts({ target: () => deployTarget, attestations, workflows: arbiter });
  const { releaseId } = await storeRelease(ports.store, made);
  if (!attested) await ports.store.deleteDocument(attestationKey('ferry', digest, releaseId, 'provenance'));
  return new MockActivityEnvironment().run(createDeployVersion(ports), {
    command,
    artifactDigest: digest,
    readyWithinMs: 5_000,
    ...input,
  }) as Promise<TargetState>;
};

const refusal = (code: string) => (error: unknown) => error instanceof SlipwayError && error.code === code;

describe('deployVersion', () => {
  it('waits until the server itself says that it serves the digest', async () => {
    const state = await run(target([{}, {}, { ready: true, servedDigest: digest }]));
    assert.equal(state.versions[0]?.servedDigest, digest);
  });

  it('deploys nothing that our builder did not attest', async () => {
    const untouched = target([{ ready: true, servedDigest: digest }]);
    await assert.rejects(run(untouched, {}, undefined, false), refusal('signature_invalid'));
    const forged: Attestations = {
      verifyProvenance: async (_, artifact) => {
        assert.equal(artifact, digest);
        throw new SlipwayError('signature_invalid', 'no builder key of this installation signed it');
      },
    };
    await assert.rejects(run(untouched, {}, forged), refusal('signature_invalid'));
    assert.deepEqual(untouched.applied, []);
  });

  it('refuses a server that answers for another digest', async () => {
    await assert.rejects(
      run(target([{ ready: true, servedDigest: `sha256:${'b'.repeat(64)}` }])),
      refusal('served_digest_mismatch'),
    );
  });

  it('gives up where the version does not become ready, with the reason of the target', async () => {
    await assert.rejects(
      run(target([{ reason: 'the model cannot be loaded' }]), { readyWithinMs: 0 }),
      /the model cannot be loaded/,
    );
  });

  it('notices that a newer command was carried out meanwhile', async () => {
    await assert.rejects(run(target([{}], { epoch: 2, seq: 1 })), refusal('stale_command'));
  });

  it('shifts the traffic of an immediate rollout only after the version is ready', async () => {
    const waiting = target([{}, { ready: true, servedDigest: digest }]);
    const then = { ...command, fence: { epoch: 1, seq: 2 } };
    await run(waiting, { then });
    assert.deepEqual(waiting.applied, [command, then]);
    const broken = target([{ ready: true }]);
    await assert.rejects(run(broken, { then }), refusal('served_digest_mismatch'));
    assert.deepEqual(broken.applied, [command]);
  });
});
