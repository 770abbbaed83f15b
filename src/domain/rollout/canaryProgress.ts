import type { RolloutSpec } from '../spec/types.js';
import { sayStrategy } from './describeRollout.js';
import { phasesOf, tagOf } from './phases.js';
import { saySteered, type Steered } from './steering.js';
import type { AwaitedWord, OtherPhase, RolloutView, TrafficCounters } from './types.js';

/** Where a rollout with phases stands, for whoever waits for it. */
export interface CanaryProgress {
  readonly environment: string;
  readonly status: RolloutView['status'];
  /** Absent: a canary. */
  readonly strategy?: Exclude<RolloutSpec['strategy'], 'immediate' | 'canary'>;
  /** Absent: a step of the canary. */
  readonly phase?: OtherPhase;
  /** From 1. */
  readonly step: number;
  readonly steps: number;
  /** Percent of the traffic. */
  readonly weight: number;
  /** Of a shadow: percent of the requests that it gets a copy of. */
  readonly copies?: number;
  /** There is no champion: the candidate has all traffic, whatever the step says. */
  readonly alone: boolean;
  /** Answered by the candidate on this step; absent: the target does not say. */
  readonly requests?: number;
  readonly needed: number;
  /** When the step ends without a verdict, epoch milliseconds; absent: the target does not know when it began. */
  readonly until?: number;
  /** Whose word it waits for, and until when, where it is `waiting`. */
  readonly awaits?: AwaitedWord;
  /** What people said to it, by the ledger. */
  readonly said?: readonly Steered[];
}

export interface CanaryFacts {
  readonly view: RolloutView;
  readonly rollout: RolloutSpec;
  readonly alone: boolean;
  readonly said?: readonly Steered[];
  /** The candidate's, since this step's command was accepted. */
  readonly traffic?: { readonly acceptedAt?: number; readonly candidate?: Pick<TrafficCounters, 'requests'> };
}

/** Undefined before the first phase and after the last. */
export const canaryProgress = ({
  view,
  rollout,
  alone,
  traffic,
  said = [],
}: CanaryFacts): CanaryProgress | undefined => {
  const phases = phasesOf(rollout);
  const phase = phases.find(({ kind, index }) => kind === (view.phase ?? 'step') && index === view.step);
  if (phase === undefined || !['holding', 'analysing', 'waiting', 'paused'].includes(view.status)) return undefined;
  const { step, copies } = phase;
  return {
    environment: view.environment,
    status: view.status,
    ...(rollout.strategy === 'blueGreen' ? { strategy: rollout.strategy } : {}),
    ...tagOf(phase),
    step: view.step + 1,
    steps: phases.filter(({ kind }) => kind === phase.kind).length,
    weight: step.weight,
    ...(copies === undefined ? {} : { copies }),
    alone,
    ...(traffic?.candidate === undefined ? {} : { requests: traffic.candidate.requests }),
    needed: step.minRequests,
    ...(traffic?.acceptedAt === undefined ? {} : { until: traffic.acceptedAt + step.deadlineMs }),
    ...(view.awaits === undefined ? {} : { awaits: view.awaits }),
    ...(said.length === 0 ? {} : { said }),
  };
};

/** One line for people. */
export const describeCanary = (one: CanaryProgress): string => {
  const { environment, status, alone, requests, needed, until, awaits, strategy } = one;
  const share = `${shareOf(one)}${alone ? ', all traffic as there is no champion' : ''}`;
  const at = `${sayStrategy(strategy ?? 'canary')} in ${environment}, ${sayPhase(one)}, ${status}: ${share}: `;
  if (awaits !== undefined) return `${at}waits for the word of ${awaits.roles.join(' or ')}${sayUntil(awaits.until)}`;
  return `${at}${requests ?? 'unknown'} of ${needed} requests${sayUntil(until)}`;
};

const shareOf = ({ phase, weight, copies }: CanaryProgress): string =>
  phase === 'shadow'
    ? `copies of ${copies ?? 0} % of the requests`
    : `${weight} %${phase === 'switch' ? ', with what ran before kept beside it' : ''}`;

const sayPhase = ({ phase, step, steps }: CanaryProgress): string =>
  phase === undefined ? `step ${step} of ${steps}` : phase === 'shadow' ? 'shadow' : 'switched';

const sayUntil = (until: number | undefined): string =>
  until === undefined ? '' : `, until ${new Date(until).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
/** What people said to it, in order. */
export const sayWords = ({ said = [] }: CanaryProgress): readonly string[] => said.map((one) => `  ${saySteered(one)}`);

/** Nothing but traffic moves it on. */
export const needsTraffic = ({ requests, needed, awaits }: CanaryProgress): boolean =>
  awaits === undefined && (requests ?? 0) < needed;
