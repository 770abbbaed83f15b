import type { Verdict } from '../gate/types.js';
import type { AnalysisSpec, CanaryStepSpec } from '../spec/types.js';
import type { Proportion } from '../statistics/proportions.js';
import { alphaOf, measurementsOf, type LookRule } from './falseAborts.js';
import { measureFeatures, type References } from './measureFeatures.js';
import { measureRestarts } from './measureRestarts.js';
import {
  errorsOf,
  measureErrors,
  measureErrorsAlone,
  measureLatency,
  measurePredictions,
  type Measurement,
} from './measureStep.js';
import type { OtherPhase, StepAnalysis, TrafficCounters } from './types.js';

export interface StepQuestion {
  readonly index: number;
  /** Absent: a canary step. */
  readonly phase?: OtherPhase;
  /** Of a shadow: percent of the requests that it is to get copies of. */
  readonly copies?: number;
  readonly step: CanaryStepSpec;
  readonly analysis: AnalysisSpec;
  /** What the target counted of both since this step's traffic was shifted; absent: it counted nothing. */
  readonly candidate: TrafficCounters | undefined;
  readonly champion?: TrafficCounters | undefined;
  /** What the candidate's features were in training, on bins that its counters share. */
  readonly references: References;
  /** The same of the champion: the control for what traffic of so short a time looks like. */
  readonly championReferences?: References;
  /** Both take the same features, or there is no other: what one refuses the other would. */
  readonly sameInputs?: boolean;
  /** Steps of the rollout that share its budget of false aborts; 1 where absent. */
  readonly steps?: number;
  /** The how-manieth time this step is gone through; 1 where absent. */
  readonly visit?: number;
  /** Failures of the champion on the last step on which it had traffic. */
  readonly control?: Proportion;
}

/** Requests of the champion below which only errors are compared with it (it has no traffic on a step of 100 %). */
const MIN_CHAMPION_REQUESTS = 30;
/** A flood of errors is called before `minRequests` are reached, but not sooner than this. */
const MIN_REQUESTS_FOR_ERRORS = 10;
/** The same where the target took the version out of the traffic: then hardly any more will come. */
const MIN_REQUESTS_WHEN_EJECTED = 5;

/**
 * Judges a canary step by what the target counted: errors, latency, predictions against the champion's, and live
 * features against those of the training. A measurement fails where its limit is exceeded by more than noise can
 * explain, at however many looks; where it may be noise the step is `inconclusive` and looked at again. All looks at all
 * steps of a sound candidate together fail with a chance of at most `analysis.falseAborts`.
 * Without a champion to compare with only what needs none is measured. The same counters give the same verdict.
 */
export const analyseStep = (question: StepQuestion): StepAnalysis => {
  const { index, step, candidate, phase } = question;
  const control = controlOf(question);
  const about = {
    ...{ step: index, weight: step.weight, requests: candidate?.requests ?? 0 },
    ...(phase === undefined ? {} : { phase }),
    ...(control === undefined ? {} : { control }),
  };
  const missing = missingData(question);
  if (candidate === undefined || missing !== undefined) {
    const early =
      candidate === undefined
        ? []
        : [...measureRestarts(candidate, question.champion), ...earlyErrors(question, candidate)];
    const failed = early.filter(({ verdict }) => verdict === 'fail');
    if (failed.length > 0) return { ...about, verdict: 'fail', reason: describe(failed), measurements: early };
    return { ...about, verdict: 'insufficient_data', reason: missing ?? 'nothing was counted', measurements: early };
  }
  const measurements = measure(question, candidate);
  const verdict = worstOf(measurements);
  const compared =
    comparable(question) === undefined && control === undefined ? '; there was no champion to compare with' : '';
  const reason =
    verdict === 'pass'
      ? `${measurements.length} measurements of ${about.requests} requests are within their limits${compared}`
      : describe(measurements.filter((measurement) => measurement.verdict === verdict));
  return { ...about, verdict, reason, measurements };
};

/** What there is too little of; a champion without the traffic that it should have is no reason to compare nothing. */
const missingData = ({ candidate, champion, step }: StepQuestion): string | undefined => {
  const requests = candidate?.requests ?? 0;
  const dropped = candidate?.droppedCopies ?? 0;
  if (requests < step.minRequests)
    return `${requests} of ${step.minRequests} requests${dropped === 0 ? '' : `, ${dropped} copies were dropped`}`;
  if (champion === undefined || step.weight >= 100 || champion.requests >= MIN_CHAMPION_REQUESTS) return undefined;
  return `${champion.requests} of ${MIN_CHAMPION_REQUESTS} requests of the champion`;
};

const comparable = ({ champion }: Pick<StepQuestion, 'champion'>): TrafficCounters | undefined =>
  champion !== undefined && champion.requests >= MIN_CHAMPION_REQUESTS ? champion : undefined;

const earlyErrors = (question: StepQuestion, candidate: TrafficCounters): readonly Measurement[] =>
  candidate.requests < ((candidate.ejections ?? 0) > 0 ? MIN_REQUESTS_WHEN_EJECTED : MIN_REQUESTS_FOR_ERRORS)
    ? []
    : [errors(question, candidate, ruleOf(question))];

const measure = (question: StepQuestion, candidate: TrafficCounters): readonly Measurement[] => {
  const { analysis, references, championReferences } = question;
  const champion = comparable(question);
  const rule = ruleOf(question);
  const theirs =
    champion === undefined || championReferences === undefined
      ? undefined
      : { counters: champion, references: championReferences };
  return [
    ...measureRestarts(candidate, question.champion),
    errors(question, candidate, rule),
    ...(champion === undefined
      ? []
      : [
          measureLatency(candidate, champion, analysis.maxLatencyRatio, rule),
          measurePredictions(candidate, champion, analysis.maxPredictionDistance, rule),
        ]),
    ...measureFeatures(candidate, references, analysis, rule, theirs),
  ];
};

const errors = (question: StepQuestion, candidate: TrafficCounters, rule: LookRule): Measurement => {
  const { analysis, champion, control, sameInputs } = question;
  const limit = analysis.maxErrorRateIncrease;
  return champion === undefined || champion.requests === 0
    ? measureErrorsAlone(candidate, control, limit, rule, sameInputs)
    : measureErrors(candidate, champion, limit, rule, sameInputs);
};

/** Chance that one measurement of this look's step may spend, whoever measures it. */
export const chanceOf = ({
  analysis,
  references,
  steps = 1,
  visit = 1,
}: Pick<StepQuestion, 'analysis' | 'references' | 'steps' | 'visit'>): number =>
  alphaOf(analysis, { steps, visit, measurements: measurementsOf(analysis, Object.keys(references).length) });

const ruleOf = (question: StepQuestion): LookRule => ({
  alpha: chanceOf(question),
  share: expectedShare(question),
  tightAt: question.step.minRequests,
});

/**
 * Of the requests of both, the share that the candidate was to have. A shadow has copies beside the champion, which has them all;
 * behind a switch the champion's are those from before it, whose number is known by then.
 */
const expectedShare = ({
  phase,
  copies = 0,
  step,
  champion,
}: Omit<StepQuestion, 'analysis' | 'references'>): number => {
  if (phase === 'shadow') return copies / (100 + copies);
  if (phase === 'switch') return step.minRequests / (step.minRequests + (champion?.requests ?? 0));
  return step.weight / 100;
};

/** What later steps compare errors with, once the champion has no traffic any more. */
export const controlOf = ({
  control,
  sameInputs = false,
  ...counted
}: Pick<StepQuestion, 'champion' | 'control' | 'sameInputs'>): Proportion | undefined => {
  const champion = comparable(counted);
  return champion === undefined ? control : errorsOf(champion, sameInputs);
};

const ORDER: readonly Verdict[] = ['error', 'fail', 'inconclusive', 'insufficient_data', 'pass'];

const worstOf = (measurements: readonly Measurement[]): Verdict =>
  ORDER.find((verdict) => measurements.some((measurement) => measurement.verdict === verdict)) ?? 'insufficient_data';

const PROBLEM: Readonly<Record<Verdict, string>> = {
  pass: 'within',
  fail: 'beyond',
  inconclusive: 'above, but perhaps by chance,',
  insufficient_data: 'not measured, ',
  error: 'not comparable, ',
};

const describe = (measurements: readonly Measurement[]): string =>
  measurements
    .map(({ name, value, limit, verdict, reason }) =>
      reason === undefined
        ? `${name} is ${round(value)}, ${PROBLEM[verdict]} its limit of ${round(limit)}`
        : `${name}: ${reason}`,
    )
    .join('; ');

const round = (value: number): number => Number(value.toPrecision(3));
