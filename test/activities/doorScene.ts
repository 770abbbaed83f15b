/** A target's door: a champion that was deployed, a candidate in its store, and the activities that ask to let it in. */
import { createAnalyseStep, type AnalyseStepInput } from '../../activities/analyseStep.js';
import { createDeployVersion } from '../../activities/deployVersion.js';
import { createRecordDeployment } from '../../activities/recordDeployment.js';
import { createShiftTraffic } from '../../activities/shiftTraffic.js';
import { createAttestations } from '../../src/adapters/dsse/attestations.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import { LATENCY_BUCKETS_MS } from '../../src/domain/rollout/latencyBuckets.js';
import type { StepAnalysis, TargetCommand, TargetVersion, TrafficCounters } from '../../src/domain/rollout/types.js';
import type { RolloutSpec } from '../../src/domain/spec/types.js';
import type { Workflows } from '../../src/ports/workflows.js';
import { rolloutId } from '../../workflows/messages.js';
import { createMemoryDeployTarget, type MemoryDeployTarget } from '../fakes/memoryDeployTarget.js';
import { createMemorySourceControl } from '../fakes/memorySourceControl.js';
import { testPorts, type TestPorts } from '../fakes/ports.js';
import { askedBy } from '../fixtures/askedBy.js';
import { storeRelease, TRUSTED, type StoredRelease } from '../fixtures/storedRelease.js';

export const place = { model: 'ferry', environment: 'production' };

/** What stands behind the door; tests change it as their story goes. */
export interface Door {
  target: MemoryDeployTarget;
  ports: TestPorts;
  champion: StoredRelease;
  candidate: StoredRelease;
  epoch: number;
}

/** A share in percent of the traffic, or copies of a percent of the requests. */
export type Share = number | { readonly copies: number };

/** So many good requests; their predictions all lie in one bin. */
export const good = (requests: number, bin = 0): Partial<TrafficCounters> => ({
  ...{ requests, rows: requests, latency: LATENCY_BUCKETS_MS.map((_, at) => (at === 0 ? requests : 0)).concat(0) },
  predictions: Array.from({ length: 20 }, (_, at) => (at === bin ? requests : 0)),
});

export const refused =
  (why: RegExp) =>
  (error: unknown): boolean =>
    error instanceof SlipwayError && error.code === 'deployment_unauthorised' && why.test(error.message);

export const atDoor = (door: Door) => {
  /** As the rollout of this epoch asks for it, unless another workflow does. */
  const run = <T, R>(activity: (input: T) => Promise<R>, input: T, by?: string): Promise<R> =>
    askedBy(by ?? rolloutId('ferry', 'production', door.epoch)).run(activity as never, input as never) as Promise<R>;
  const as = (release: StoredRelease, share: Share): TargetVersion => ({
    ...{ artifactDigest: release.digest, releaseId: release.releaseId, commit: release.commit },
    ...(typeof share === 'number'
      ? { weight: share, role: release === door.champion ? 'champion' : 'candidate' }
      : { weight: 0, role: 'shadow', ...share }),
  });
  const command = (seq: number, ...versions: TargetVersion[]): TargetCommand => ({
    ...place,
    fence: { epoch: door.epoch, seq },
    versions,
  });
  /** The champion has the rest. */
  const beside = (seq: number, share: Share): TargetCommand =>
    command(seq, as(door.champion, typeof share === 'number' ? 100 - share : 100), as(door.candidate, share));
  const shift = (asked: TargetCommand) => run(createShiftTraffic(door.ports), asked);
  const recordDeployed = ({ digest, releaseId, commit }: StoredRelease) =>
    run(
      createRecordDeployment(door.ports),
      {
        ...place,
        entry: {
          ...{ requestId: `r${door.epoch}`, kind: 'release', epoch: door.epoch, outcome: 'deployed', by: 'author' },
          ...{ reason: '', version: { artifactDigest: digest, releaseId, commit }, startedAt: 1, endedAt: 2 },
        } as never,
      },
      'environment/ferry/production',
    );
  return {
    ...{ run, as, command, beside, shift, recordDeployed },
    alone: (seq: number): TargetCommand => command(seq, as(door.candidate, 100)),
    bringUp: (then?: TargetCommand) =>
      run(createDeployVersion(door.ports), {
        ...{ command: beside(1, 0), artifactDigest: door.candidate.digest, readyWithinMs: 5_000 },
        ...(then === undefined ? {} : { then }),
      }),
    /** A look by the activity itself, at a target that counted this of the candidate. */
    look: (
      seq: number,
      asked: Partial<AnalyseStepInput> & Pick<AnalyseStepInput, 'step' | 'analysis'>,
      counted: Partial<TrafficCounters>,
    ): Promise<StepAnalysis> => {
      door.target.count('ferry', door.candidate.digest, counted);
      return run(createAnalyseStep(door.ports), {
        ...{ ...place, fence: { epoch: door.epoch, seq }, index: 0 },
        ...{ candidate: door.candidate.digest, champion: door.champion.digest, ...asked },
      });
    },
    /** The first of all has nothing to be compared with. */
    serveFirst: async (): Promise<void> => {
      door.epoch = 1;
      await shift(command(1, as(door.champion, 100)));
      await recordDeployed(door.champion);
      door.epoch = 2;
    },
  };
};

/** A champion and a candidate of one model without features, whose production has this rollout and asks nobody. */
export const openDoor = async (door: Door, rollout: RolloutSpec, more: Partial<TestPorts> = {}): Promise<void> => {
  const source = createMemorySourceControl(['ferry']);
  door.target = createMemoryDeployTarget();
  door.ports = testPorts({
    ...{ source, target: () => door.target, attestations: createAttestations(async () => TRUSTED) },
    workflows: { query: async () => ({ epoch: door.epoch }) } as unknown as Workflows,
    settings: { ...testPorts().settings, models: { ferry: { repository: 'ferry' } } as never },
    ...more,
  });
  const released = async (weights: string): Promise<StoredRelease> => {
    const commit = source.commit('ferry', { weights });
    const environments = [{ name: 'production', approval: { kind: 'none' }, rollout }];
    const spec = { model: 'ferry', seed: weights, signature: { features: [] }, environments };
    const stored = await storeRelease(door.ports.store, { weights, commit, features: {}, spec });
    door.target.add(stored.digest);
    return stored;
  };
  door.champion = await released('one');
  door.candidate = await released('two');
};
