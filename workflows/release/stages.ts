import { ApplicationFailure, ContinueAsNew } from '@temporalio/workflow';
import type { Digest } from '../../src/domain/artifact/types.js';
import type { ErrorCode } from '../../src/domain/errors/table.js';
import type { Verdict } from '../../src/domain/gate/types.js';
import type { ReleasePlan } from '../../src/domain/release/plan.js';
import { resumedStages } from '../../src/domain/release/resumePoint.js';
import { describeStages, updateStage, type StageChange } from '../../src/domain/release/stages.js';
import type { Authorship, DecisionRecord, ReleaseView, StageName, StageView } from '../../src/domain/release/types.js';
import { failureText } from '../failureText.js';
import { ReleaseEnd } from './releaseEnd.js';
import type { ShownView } from './view.js';

/** Code of the error table that a failing verdict ends the release with, where it is no gate's. */
const FAILED_BY: Readonly<Partial<Record<StageName, ErrorCode>>> = {
  integrate: 'checks_failed',
  approve: 'automatic_refused',
  verify: 'smoke_failed',
  soak: 'soak_failed',
};

/** What a stage came to. */
export interface StageResult<T> {
  readonly verdict: Verdict;
  readonly reason: string;
  readonly evidence?: Digest;
  readonly result: T;
}

/** The stages that a release passes one after the other, and which of them an earlier telling or run has finished. */
export interface Stages {
  plan(): ReleasePlan | undefined;
  stage<T>(name: StageName, environment: string | undefined, work: () => Promise<StageResult<T>>): Promise<T>;
  /** A stage that is under way waits, and for what. */
  tellStage(name: StageName, environment: string, reason: string): void;
  learn(plan: ReleasePlan, authorship: Authorship): void;
  /** Takes over what an earlier telling finished. */
  recall(
    finished: readonly StageView[],
    artifact: Digest | undefined,
    decisions: readonly DecisionRecord[],
    passed: Pick<ReleaseView, 'overrides' | 'breakGlass'>,
  ): void;
  /** Takes over what an earlier run of the workflow knew. */
  goOn(plan: ReleasePlan, finished: readonly StageView[]): void;
  /** Was this stage finished by an earlier telling, or run? */
  isFinished(name: StageName, environment?: string): boolean;
  hasArtifact(digest: Digest): void;
  artifact(): Digest;
}

export const openStages = ({ view, show }: ShownView): Stages => {
  let plan: ReleasePlan | undefined;
  let finished: readonly StageView[] = [];
  const find = (name: StageName, environment: string | undefined): StageView | undefined =>
    view().stages.find((one) => one.name === name && one.environment === environment);
  const update = (name: StageName, environment: string | undefined, change: StageChange): void =>
    show({ stages: updateStage(view().stages, name, environment, change) });

  return {
    plan: () => plan,
    stage: async (name, environment, work) => {
      const before = find(name, environment);
      // A wait that another run of the workflow began goes on.
      const startedAt = (before?.status === 'waiting' ? before.startedAt : undefined) ?? Date.now();
      update(name, environment, { status: 'running', startedAt });
      try {
        const { verdict, reason, evidence, result } = await work();
        const done = { verdict, reason, endedAt: Date.now(), ...(evidence === undefined ? {} : { evidence }) };
        update(name, environment, { status: verdict === 'pass' ? 'passed' : 'failed', ...done });
        if (verdict !== 'pass') throw endOf(name, verdict, reason);
        return result;
      } catch (error) {
        if (error instanceof ContinueAsNew) throw error;
        const status = find(name, environment)?.status;
        if (status === 'running' || status === 'waiting')
          update(name, environment, { status: 'failed', endedAt: Date.now(), reason: failureText(error) });
        throw error;
      }
    },
    tellStage: (name, environment, reason) => update(name, environment, { status: 'waiting', reason }),
    learn: (learned, authorship) => {
      plan = learned;
      const known = view().stages.filter((stage) => stage.status !== 'pending');
      const ahead = describeStages(learned.environments, learned.judgesAutomatic === true).filter(
        (stage) => !known.some((old) => old.name === stage.name && old.environment === stage.environment),
      );
      show({ authorship, stages: [...known, ...ahead] });
    },
    recall: (known, artifactDigest, decisions, { overrides, breakGlass }) => {
      finished = known;
      show({
        stages: resumedStages(known, []),
        decisions,
        ...(overrides === undefined ? {} : { overrides }),
        ...(breakGlass === undefined ? {} : { breakGlass }),
        ...(artifactDigest === undefined || !known.some(({ name }) => name === 'package') ? {} : { artifactDigest }),
      });
    },
    goOn: (known, passed) => {
      plan = known;
      finished = passed;
    },
    isFinished: (name, environment) =>
      finished.some((stage) => stage.name === name && stage.environment === environment),
    hasArtifact: (artifactDigest) => show({ artifactDigest }),
    artifact: () => {
      const { artifactDigest } = view();
      if (artifactDigest === undefined)
        throw ApplicationFailure.nonRetryable('the release has no artifact yet', 'internal');
      return artifactDigest;
    },
  };
};

const endOf = (name: StageName, verdict: Verdict, reason: string): ReleaseEnd =>
  name === 'gate'
    ? new ReleaseEnd('blocked', reason, verdict)
    : new ReleaseEnd('failed', `${FAILED_BY[name] ?? 'internal'}: ${reason}`);
