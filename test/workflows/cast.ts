/** What the activities of a release answer when all goes well, and the plan that the scene's repository declares. */
import type { WorkflowClient } from '@temporalio/client';
import type { DecisionRecord } from '../../src/domain/release/types.js';
import type { ReleasePlan } from '../../src/domain/release/plan.js';
import type { Digest } from '../../src/domain/artifact/types.js';
import type { RolloutSpec, EnvironmentSpec } from '../../src/domain/spec/types.js';
import type { StepAnalysis, TargetCommand, TargetState } from '../../src/domain/rollout/types.js';
import type { SendMessageInput } from '../../activities/sendMessage.js';
import type { ReleaseInput } from '../../workflows/messages.js';
import type { Fakes } from './scene.js';

export const digest = (letter: string): Digest => `sha256:${letter.repeat(64)}`;
export const DAY = 86_400_000;

export const canary: Extract<RolloutSpec, { strategy: 'canary' }> = {
  strategy: 'canary',
  steps: [10, 50, 100].map((weight) => ({ weight, holdMs: 60_000, minRequests: 100, deadlineMs: 3_600_000 })),
  analysis: { maxErrorRateIncrease: 0.01, maxLatencyRatio: 2, maxPredictionDistance: 0.1, maxFeatureDistance: 0.2 },
};

export const oneStep = (deadlineMs: number, holdMs = 60_000): RolloutSpec => ({
  ...canary,
  steps: [{ weight: 10, holdMs, minRequests: 100, deadlineMs }],
});

const environments: readonly EnvironmentSpec[] = [
  {
    name: 'test',
    approval: { kind: 'none' },
    rollout: { strategy: 'immediate' },
    verify: { smokeRows: 10 },
    gates: [],
  },
  {
    name: 'staging',
    approval: { kind: 'automatic' },
    rollout: { strategy: 'immediate' },
    verify: { smokeRows: 10 },
    gates: ['quality'],
  },
  {
    name: 'production',
    approval: { kind: 'required', roles: ['reviewer'], quorum: 1, remindAfterMs: DAY, expireAfterMs: 9 * DAY },
    rollout: canary,
    verify: { smokeRows: 0 },
    gates: [],
  },
];

export const plan: ReleasePlan = {
  specDigest: digest('5'),
  environments,
  judgesAutomatic: true,
  owners: ['oncall'],
  buildTimeoutMs: 60_000,
};

export const inputOf = (commit: string, order: number): ReleaseInput => ({
  model: 'm',
  repository: 'm',
  commit: commit.repeat(40),
  order,
  trigger: { kind: 'commit', by: 'author', at: 0 },
  params: {},
});

export const pass = (step: number, weight: number): StepAnalysis => ({
  step,
  weight,
  verdict: 'pass',
  reason: 'same as the champion',
  measurements: [],
  requests: 500,
});

const observed = (command: TargetCommand): TargetState => ({
  model: command.model,
  environment: command.environment,
  fence: command.fence,
  versions: command.versions.map((version) => ({
    artifactDigest: version.artifactDigest,
    weight: version.weight,
    role: version.role,
    ready: true,
    servedDigest: version.artifactDigest,
    restarts: 0,
  })),
  inferenceUrl: 'http://127.0.0.1:1',
});

/** A decision in these scenes is its own statement: `<decision> <subject> <jti>`. */
export const judge = (statement: string): DecisionRecord => {
  const [decision = '', subject = '', jti = ''] = statement.split(' ');
  const base = { at: 0, jti, subject, decision, reason: 'seen' };
  if (subject === 'author') return { ...base, counted: false, refusal: 'self_approval' };
  if (subject === 'nobody') return { ...base, counted: false, refusal: 'statement_unsigned' };
  return { ...base, counted: true };
};

const screened = (statement: string) => {
  const { jti, refusal } = judge(statement);
  return refusal === undefined && jti !== ''
    ? { jti }
    : { refusal: refusal ?? 'statement_unsigned', refusalReason: 'nobody signed it' };
};

export const allGoesWell = (client: () => WorkflowClient): Fakes => ({
  runChecks: () => ({
    verdict: 'pass',
    reason: '2 checks passed',
    plan,
    authorship: { authors: ['author'], unknown: [], trigger: 'author' },
    evidence: digest('1'),
  }),
  buildModel: () => {
    const file = { path: 'model.onnx', digest: digest('b'), size: 10 };
    return { model: file, evaluation: file, reference: file, evidence: digest('2') };
  },
  packageArtifact: (input) => ({ artifactDigest: digest(input.commit.slice(0, 1)), evidence: digest('3') }),
  smokeTest: () => ({ verdict: 'pass', reason: '10 rows', evidence: digest('4') }),
  evaluateGates: () => ({ verdict: 'pass', reason: 'quality: brier <= 0.2', evidence: digest('6') }),
  prepareApproval: ({ view, environment }) => ({
    subject: {
      workflowId: view.releaseId,
      model: view.model,
      env: environment.name,
      gate: `approve.${environment.name}`,
      epoch: 0,
      artifactDigest: view.artifactDigest ?? digest('0'),
      evidenceDigest: digest('7'),
      policyDigest: digest('8'),
      planDigest: digest('9'),
      inputsDigest: digest('a'),
    },
    untold: [],
    unreachable: [],
  }),
  lookAtBake: () => ({ verdict: { kind: 'confirmed', reason: 'brier is 0.1' } }),
  lookForAnswer: () => ({ kind: 'missing', refused: [] }),
  approveAutomatically: () => ({ verdict: 'pass', reason: 'green with evidence', evidence: digest('a') }),
  screenDecisions: ({ statements }) => statements.map((statement) => screened(statement)),
  verifyDecision: ({ statement }) => ({ record: judge(statement), evidenceChanged: false }),
  lookForHolds: () => ({ inForce: [], overridden: [] }),
  deployVersion: ({ command }) => observed(command),
  shiftTraffic: (command) => observed(command),
  analyseStep: ({ index, step, phase }) => ({ ...pass(index, step.weight), ...(phase === undefined ? {} : { phase }) }),
  watchStep: () => ({ kind: 'sound', reason: 'nothing is at fault' }),
  measureChampion: () => undefined,
  lookForWord: () => ({ kind: 'missing', refused: [] }),
  recoverEnvironment: () => ({ epoch: 0 }),
  recordDeployment: () => undefined,
  endMonitoring: () => undefined,
  lookForComments: () => [],
  notify: () => undefined,
  finishRelease: () => ({ reported: true }),
  reportRelease: () => undefined,
  sendMessage: (input) => send(client(), input),
});

/** Messages really arrive: the arbiter and its rollouts run for real in a scene. */
const send = async (
  client: WorkflowClient,
  { workflowId, signal, argument, start }: SendMessageInput,
): Promise<{ delivered: boolean }> => {
  if (start === undefined) await client.getHandle(workflowId).signal(signal, argument);
  else
    await client.signalWithStart(start.workflowType, {
      taskQueue: 'control',
      workflowId,
      args: [start.input],
      signal,
      signalArgs: [argument],
    });
  return { delivered: true };
};
