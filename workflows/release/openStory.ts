import {
  ApplicationFailure,
  CancellationScope,
  condition,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import { renderStageTable } from '../../src/domain/release/stageTable.js';
import { describeStages, endStages, updateStage } from '../../src/domain/release/stages.js';
import type { ReleasePlan } from '../../src/domain/release/plan.js';
import type { ErrorCode } from '../../src/domain/errors/table.js';
import { resumedStages } from '../../src/domain/release/resumePoint.js';
import type { DecisionRecord, ReleaseView, StageName, StageView } from '../../src/domain/release/types.js';
import {
  decideSignal,
  decideUpdate,
  deploymentSettledSignal,
  releaseId,
  releaseStateQuery,
  SEARCH_ATTRIBUTES,
  supersedeSignal,
  type DecideMessage,
  type DecisionReceipt,
  type ReleaseInput,
} from '../messages.js';
import { isSupersession } from '../received.js';
import { failureText } from '../failureText.js';
import { openAnswers } from './answers.js';
import { ReleaseEnd, type ArrivedDecision, type Story } from './story.js';

/** Decisions that may wait to be judged; more are refused, so that a storm of signals cannot fill the memory. */
const MAX_ARRIVED = 100;
/** Refused decisions that are kept in view; those that count are always kept. */
const MAX_REFUSED = 200;

/** Code of the error table that a failing verdict ends the release with, where it is no gate's. */
const FAILED_BY: Readonly<Partial<Record<StageName, ErrorCode>>> = {
  integrate: 'checks_failed',
  verify: 'smoke_failed',
};

/** Sets up everything that may be asked or told before the story's first step. */
export const openStory = (input: ReleaseInput): Story => {
  const id = releaseId(input.model, input.commit, input.rerun);
  const scope = new CancellationScope();
  const answers = openAnswers();
  const decisions: ArrivedDecision[] = [];
  let newer: string | undefined;
  let returnPossible = true;
  let listed: number | undefined;
  let plan: ReleasePlan | undefined;
  let view: ReleaseView = {
    releaseId: id,
    model: input.model,
    repository: input.repository,
    commit: input.commit,
    order: input.order,
    trigger: input.trigger,
    params: input.params,
    startedAt: input.resume?.view.startedAt ?? Date.now(),
    stages: describeStages([]),
    decisions: [],
    ...(input.resume === undefined ? {} : { resumed: input.resume.number }),
  };
  let finished: readonly StageView[] = [];
  const show = (change: Partial<ReleaseView>): void => {
    view = { ...view, ...change };
    setCurrentDetails(renderStageTable(view));
  };
  const record: Story['record'] = (decision) => {
    show({ decisions: recorded([...view.decisions, decision]) });
  };
  const arrive = (message: DecideMessage): ArrivedDecision => {
    const arrived: ArrivedDecision = {
      statement: typeof message?.statement === 'string' ? message.statement.slice(0, 16_384) : '',
      at: Date.now(),
    };
    const refusal =
      view.waiting === undefined ? 'not_waiting' : decisions.length >= MAX_ARRIVED ? 'inbox_full' : undefined;
    if (refusal === undefined) decisions.push(arrived);
    else refuse(arrived, refusal);
    return arrived;
  };
  const refuse: Story['refuse'] = (arrived, refusal) => {
    const refused = {
      at: Date.now(),
      jti: 'unknown',
      subject: 'unknown',
      decision: 'unknown',
      reason: '',
      counted: false,
      refusal,
    };
    arrived.done = { record: refused, state: 'waiting' };
    // A storm is counted: to list and render each of ten thousand would take longer than a workflow task may.
    if (view.decisions.filter(({ counted }) => !counted).length < MAX_REFUSED) record(refused);
    else view = { ...view, unlistedDecisions: (view.unlistedDecisions ?? 0) + 1 };
  };

  const refuseRest = (): void => {
    for (const arrived of decisions.splice(0)) refuse(arrived, 'not_waiting');
  };

  setHandler(releaseStateQuery, () => view, {
    description: 'The whole state of the release: stages, verdicts, what it waits for',
  });
  setHandler(decideSignal, (message) => void arrive(message), {
    description:
      'A signed decision: paste {"statement": "<text>"} with the text that `slipway approve --print-token` prints',
  });
  setHandler(decideUpdate, async (message) => receipt(arrive(message)), {
    description: 'A signed decision, answered with whether it counted',
  });
  setHandler(
    supersedeSignal,
    (message) => {
      if (!isSupersession(message) || !returnPossible || view.outcome !== undefined || newer !== undefined) return;
      newer = message.by;
      scope.cancel();
    },
    { description: 'A newer commit takes the place of this release, unless its traffic moves already' },
  );
  setHandler(deploymentSettledSignal, answers.arrive, {
    description: 'The answer of an environment to a request for deployment',
  });

  return {
    releaseId: id,
    model: input.model,
    supersedable: scope,
    decisions,
    view: () => view,
    plan: () => plan,
    record,
    refuse,
    refuseRest,
    stage: async (name, environment, work) => {
      show({ stages: updateStage(view.stages, name, environment, { status: 'running', startedAt: Date.now() }) });
      try {
        const { verdict, reason, evidence, result } = await work();
        const done = { verdict, reason, endedAt: Date.now(), ...(evidence === undefined ? {} : { evidence }) };
        show({
          stages: updateStage(view.stages, name, environment, {
            status: verdict === 'pass' ? 'passed' : 'failed',
            ...done,
          }),
        });
        if (verdict !== 'pass') {
          if (name === 'gate') throw new ReleaseEnd('blocked', reason, verdict);
          throw new ReleaseEnd('failed', `${FAILED_BY[name] ?? 'internal'}: ${reason}`);
        }
        return result;
      } catch (error) {
        const stage = view.stages.find((candidate) => candidate.name === name && candidate.environment === environment);
        if (stage?.status === 'running' || stage?.status === 'waiting') {
          const reason = failureText(error);
          show({
            stages: updateStage(view.stages, name, environment, { status: 'failed', endedAt: Date.now(), reason }),
          });
        }
        throw error;
      }
    },
    learn: (learned, authorship) => {
      plan = learned;
      const known = view.stages.filter((stage) => stage.status !== 'pending');
      show({
        authorship,
        stages: [
          ...known,
          ...describeStages(learned.environments).filter(
            (stage) => !known.some((old) => old.name === stage.name && old.environment === stage.environment),
          ),
        ],
      });
    },
    recall: (known, artifactDigest, decisions) => {
      finished = known;
      show({
        stages: resumedStages(known, []),
        decisions,
        ...(artifactDigest === undefined || !known.some(({ name }) => name === 'package') ? {} : { artifactDigest }),
      });
    },
    isFinished: (name, environment) =>
      finished.some((stage) => stage.name === name && stage.environment === environment),
    hasArtifact: (artifactDigest) => show({ artifactDigest }),
    artifact: () => {
      if (view.artifactDigest === undefined)
        throw ApplicationFailure.nonRetryable('the release has no artifact yet', 'internal');
      return view.artifactDigest;
    },
    wait: (waiting) => {
      const { waiting: _, ...rest } = view;
      view = rest;
      show(
        waiting === undefined
          ? {}
          : {
              waiting,
              evidenceDigest: waiting.subject.evidenceDigest,
              policyDigest: waiting.subject.policyDigest,
              stages: updateStage(view.stages, 'approve', waiting.environment, { status: 'waiting' }),
            },
      );
      // Its end says so, too: an attribute costs, and lists ask only for who waits.
      if (waiting !== undefined && view.waiting?.since !== listed) {
        listed = waiting.since;
        upsertSearchAttributes([{ key: SEARCH_ATTRIBUTES.stage, value: `waiting:${waiting.environment}` }]);
      }
    },
    settledOf: answers.settledOf,
    asked: answers.asked,
    unanswered: answers.unanswered,
    expectAnswers: answers.expect,
    answersOverdue: answers.overdue,
    supersededBy: () => newer,
    passPointOfNoReturn: () => {
      returnPossible = false;
    },
    end: (outcome, reason) => {
      refuseRest();
      const { waiting: _, ...rest } = view;
      view = rest;
      const blockedBy =
        outcome === 'blocked'
          ? view.stages.find((stage) => stage.name === 'gate' && stage.status === 'failed')?.verdict
          : undefined;
      const stages = endStages(view.stages, Date.now(), reason);
      show({ outcome, reason, stages, endedAt: Date.now(), ...(blockedBy === undefined ? {} : { blockedBy }) });
      upsertSearchAttributes([
        { key: SEARCH_ATTRIBUTES.stage, value: 'ended' },
        { key: SEARCH_ATTRIBUTES.verdict, value: outcome },
      ]);
    },
  };
};

const recorded = (decisions: readonly DecisionRecord[]): readonly DecisionRecord[] => {
  let surplus = decisions.filter((one) => !one.counted).length - MAX_REFUSED;
  return surplus <= 0 ? decisions : decisions.filter((one) => one.counted || surplus-- <= 0);
};

const receipt = async (arrived: ArrivedDecision): Promise<DecisionReceipt> => {
  await condition(() => arrived.done !== undefined);
  const done = arrived.done;
  if (done === undefined) throw ApplicationFailure.nonRetryable('the decision was not judged', 'internal');
  if (!done.record.counted) {
    throw ApplicationFailure.nonRetryable(
      `the decision does not count: ${done.record.refusalReason ?? done.record.refusal}`,
      done.record.refusal ?? 'internal',
    );
  }
  return { jti: done.record.jti, counted: true, state: done.state };
};
