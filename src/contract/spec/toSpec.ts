/** From the words of the file to the domain's terms: durations are named in milliseconds, unions are tagged. */
import type {
  AnalysisSpec,
  ApprovalSpec,
  BuildSpec,
  CanaryStepSpec,
  EnvironmentSpec,
  HotfixSpec,
  MonitoringSpec,
  RequiredApproval,
  ResourceSpec,
  RolloutSpec,
  ShadowSpec,
  Spec,
  StepSpec,
} from '../../domain/spec/types.js';
import type { BakeSpec } from '../../domain/spec/bake.js';
import { toMetric } from './analysisMetrics.js';
import { toServing } from './serving.js';
import type { WrittenSpec } from './schema.js';
import { toGate } from './toGate.js';

type Written = WrittenSpec['environments'][number];

/** @param made the build that a dvc.yaml makes, where one is named */
export const toSpec = (written: WrittenSpec, made?: BuildSpec): Spec => {
  const { install, checks, build, gates, environments, monitoring, releases, ...same } = written;
  return {
    ...same,
    ...(install === undefined ? {} : { install: command(install) }),
    checks: checks.map(command),
    build: made ?? { params: build.params, steps: (build.steps ?? []).map(toStep) },
    gates: gates.map(toGate),
    environments: environments.map(toEnvironment),
    ...(monitoring === undefined ? {} : { monitoring: toMonitoring(monitoring) }),
    ...(releases === undefined
      ? {}
      : { releases: { whenBusy: releases.whenBusy, expireAfterMs: releases.expireAfter } }),
  };
};

const command = <C extends { readonly timeout: number }>(
  written: C,
): Omit<C, 'timeout'> & { readonly timeoutMs: number } => {
  const { timeout, ...same } = written;
  return { ...same, timeoutMs: timeout };
};

type WrittenStep = NonNullable<WrittenSpec['build']['steps']>[number];

const toStep = ({ resources, ...step }: WrittenStep): StepSpec => ({
  ...command(step),
  ...(resources === undefined ? {} : { resources: toResources(resources) }),
});

export type WrittenSettings = NonNullable<WrittenSpec['build']['stages']>[string];

/** A step of a dvc.yaml with what slipway.yaml says of it besides. */
export const withSettings = (step: StepSpec, { resources, ...settings }: WrittenSettings): StepSpec => ({
  ...step,
  ...command(settings),
  ...(resources === undefined ? {} : { resources: toResources(resources) }),
});

const toResources = ({ memory, cpu }: NonNullable<WrittenStep['resources']>): ResourceSpec => ({
  ...(memory === undefined ? {} : { memoryBytes: memory }),
  ...(cpu === undefined ? {} : { cpuMs: cpu }),
});

const toEnvironment = ({
  approval,
  rollout,
  soak,
  evidenceLasts,
  bake,
  hotfix,
  serving,
  ...same
}: Written): EnvironmentSpec => ({
  ...same,
  ...(soak === undefined ? {} : { soakMs: soak }),
  approval: toApproval(approval),
  rollout: toRollout(rollout),
  ...(evidenceLasts === undefined ? {} : { evidenceLastsMs: evidenceLasts }),
  ...(bake === undefined ? {} : { bake: toBake(bake) }),
  ...(hotfix === undefined ? {} : { hotfix: toHotfix(hotfix) }),
  ...(serving === undefined ? {} : { serving: toServing(serving) }),
});

const toBake = ({ within, labelDelay, answerWithin, ...same }: NonNullable<Written['bake']>): BakeSpec => ({
  ...same,
  withinMs: within,
  ...(labelDelay === undefined ? {} : { labelDelayMs: labelDelay }),
  ...(answerWithin === undefined ? {} : { answerWithinMs: answerWithin }),
});

const toHotfix = ({ approval, reviewWithin, soak }: NonNullable<Written['hotfix']>): HotfixSpec => ({
  ...(approval === undefined ? {} : { approval: toRequired(approval) }),
  reviewWithinMs: reviewWithin,
  ...(soak === undefined ? {} : { soakMs: soak }),
});

const toApproval = (approval: Written['approval']): ApprovalSpec => {
  return typeof approval === 'string' ? { kind: approval } : toRequired(approval);
};

const toRequired = (approval: Exclude<Written['approval'], string>): RequiredApproval => {
  const { remindAfter, delegateAfter, escalateAfter, expireAfter, ...same } = approval;
  return {
    kind: 'required',
    ...same,
    remindAfterMs: remindAfter,
    ...(delegateAfter === undefined ? {} : { delegateAfterMs: delegateAfter }),
    ...(escalateAfter === undefined ? {} : { escalateAfterMs: escalateAfter }),
    expireAfterMs: expireAfter,
  };
};

const toRollout = (rollout: Written['rollout']): RolloutSpec => {
  if (rollout === 'immediate') return { strategy: 'immediate' };
  if ('canary' in rollout) {
    const { steps, shadow, analysis } = rollout.canary;
    return {
      strategy: 'canary',
      ...toShadow(shadow),
      steps: steps.map(toCanaryStep),
      analysis: toAnalysis(analysis),
    };
  }
  const { keep, deadline, shadow, analysis, ...same } = rollout.blueGreen;
  return {
    ...{ strategy: 'blueGreen', keepMs: keep, deadlineMs: deadline, ...same },
    ...toShadow(shadow),
    analysis: toAnalysis(analysis),
  };
};

type WrittenCanary = Extract<Written['rollout'], { canary: unknown }>['canary'];

const toCanaryStep = ({ hold, deadline, approve, ...same }: WrittenCanary['steps'][number]): CanaryStepSpec => ({
  ...same,
  holdMs: hold,
  deadlineMs: deadline,
  ...(approve === undefined ? {} : { approve: toStepApproval(approve) }),
});

const DAY_MS = 86_400_000;

const toStepApproval = (
  approve: NonNullable<WrittenCanary['steps'][number]['approve']>,
): NonNullable<CanaryStepSpec['approve']> =>
  approve === true ? { roles: [], deadlineMs: DAY_MS } : { roles: approve.roles, deadlineMs: approve.deadline };

const toShadow = (shadow: WrittenCanary['shadow']): { readonly shadow?: ShadowSpec } => {
  if (shadow === undefined) return {};
  const { hold, deadline, analysis, ...same } = shadow;
  return { shadow: { ...same, holdMs: hold, deadlineMs: deadline, analysis: toAnalysis(analysis) } };
};

const toAnalysis = ({ metrics, interval, ...same }: Analysis): AnalysisSpec => ({
  ...same,
  ...(interval === undefined ? {} : { intervalMs: interval }),
  ...(metrics === undefined ? {} : { metrics: metrics.map(toMetric) }),
});

type Analysis = WrittenCanary['analysis'];

export const toMonitoring = (monitoring: NonNullable<WrittenSpec['monitoring']>): MonitoringSpec => {
  const { every, window, labelDelay, remediation, ...same } = monitoring;
  const { cooldown, ...repairs } = remediation;
  return {
    ...same,
    everyMs: every,
    windowMs: window,
    labelDelayMs: labelDelay,
    remediation: { ...repairs, cooldownMs: cooldown },
  };
};
