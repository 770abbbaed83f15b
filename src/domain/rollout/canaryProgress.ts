import type { CanaryStepSpec } from '../spec/types.js';
import type { RolloutView, TrafficCounters } from './types.js';

/** Where a canary stands, for whoever waits for it. */
export interface CanaryProgress {
  readonly environment: string;
  readonly status: RolloutView['status'];
  /** From 1. */
  readonly step: number;
  readonly steps: number;
  /** Percent of the traffic. */
  readonly weight: number;
  /** There is no champion: the candidate has all traffic, whatever the step says. */
  readonly alone: boolean;
  /** Answered by the candidate on this step; absent: the target does not say. */
  readonly requests?: number;
  readonly needed: number;
  /** When the step ends without a verdict, epoch milliseconds; absent: the target does not know when it began. */
  readonly until?: number;
}

export interface CanaryFacts {
  readonly view: RolloutView;
  readonly steps: readonly CanaryStepSpec[];
  readonly alone: boolean;
  /** The candidate's, since this step's command was accepted. */
  readonly traffic?: { readonly acceptedAt?: number; readonly candidate?: Pick<TrafficCounters, 'requests'> };
}

/** Undefined before the first step and after the last. */
export const canaryProgress = ({ view, steps, alone, traffic }: CanaryFacts): CanaryProgress | undefined => {
  const step = steps[view.step];
  if (step === undefined || !['holding', 'analysing', 'paused'].includes(view.status)) return undefined;
  return {
    environment: view.environment,
    status: view.status,
    step: view.step + 1,
    steps: steps.length,
    weight: step.weight,
    alone,
    ...(traffic?.candidate === undefined ? {} : { requests: traffic.candidate.requests }),
    needed: step.minRequests,
    ...(traffic?.acceptedAt === undefined ? {} : { until: traffic.acceptedAt + step.deadlineMs }),
  };
};

/** One line for people. */
export const describeCanary = (one: CanaryProgress): string => {
  const { environment, status, step, steps, weight, alone, requests, needed, until } = one;
  const share = alone ? `${weight} %, all traffic as there is no champion` : `${weight} %`;
  const deadline =
    until === undefined ? '' : `, until ${new Date(until).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  return `canary in ${environment}, step ${step} of ${steps}, ${status}: ${share}: ${requests ?? 'unknown'} of ${needed} requests${deadline}`;
};

/** Nothing but traffic moves it on. */
export const needsTraffic = ({ requests, needed }: CanaryProgress): boolean => (requests ?? 0) < needed;
