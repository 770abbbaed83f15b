import type { Verdict } from '../gate/types.js';
import type { AnalysisSpec, CanaryStepSpec } from '../spec/types.js';
import { measureFeatures, type References } from './measureFeatures.js';
import { measureErrors, measureLatency, measurePredictions, type Measurement } from './measureStep.js';
import type { StepAnalysis, TrafficCounters } from './types.js';

export interface StepQuestion {
  readonly index: number;
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
}

/** Chance that one look at a sound candidate finds a fault, shared among the measurements. */
const FALSE_ALARMS = 0.005;
/** Requests of the champion below which nothing is compared with it (it has no traffic on a step of 100 %). */
const MIN_CHAMPION_REQUESTS = 30;
/** A flood of errors is called before `minRequests` are reached, but not sooner than this. */
const MIN_REQUESTS_FOR_ERRORS = 10;
/** The same where the target took the version out of the traffic: then hardly any more will come. */
const MIN_REQUESTS_WHEN_EJECTED = 5;

/**
 * Judges a canary step by what the target counted: errors, latency, predictions against the champion's, and live
 * features against those of the training. A measurement fails where its limit is exceeded by more than noise can
 * explain, given how few requests there were; where it may be noise the step is `inconclusive` and looked at again.
 * Without a champion to compare with only what needs none is measured. The same counters give the same verdict.
 */
export const analyseStep = (question: StepQuestion): StepAnalysis => {
  const { index, step, candidate } = question;
  const about = { step: index, weight: step.weight, requests: candidate?.requests ?? 0 };
  if (candidate === undefined || candidate.requests < step.minRequests) {
    const early = candidate === undefined ? [] : earlyErrors(question, candidate);
    const missing = `${about.requests} of ${step.minRequests} requests`;
    if (early.some(({ verdict }) => verdict === 'fail'))
      return { ...about, verdict: 'fail', reason: describe(early), measurements: early };
    return { ...about, verdict: 'insufficient_data', reason: missing, measurements: early };
  }
  const measurements = measure(question, candidate);
  const verdict = worstOf(measurements);
  const compared = comparable(question) === undefined ? '; there was no champion to compare with' : '';
  const reason =
    verdict === 'pass'
      ? `${measurements.length} measurements of ${about.requests} requests are within their limits${compared}`
      : describe(measurements.filter((measurement) => measurement.verdict === verdict));
  return { ...about, verdict, reason, measurements };
};

const comparable = ({ champion }: StepQuestion): TrafficCounters | undefined =>
  champion !== undefined && champion.requests >= MIN_CHAMPION_REQUESTS ? champion : undefined;

const earlyErrors = (question: StepQuestion, candidate: TrafficCounters): readonly Measurement[] =>
  candidate.requests < ((candidate.ejections ?? 0) > 0 ? MIN_REQUESTS_WHEN_EJECTED : MIN_REQUESTS_FOR_ERRORS)
    ? []
    : [
        measureErrors(
          candidate,
          comparable(question),
          question.analysis.maxErrorRateIncrease,
          FALSE_ALARMS,
          question.sameInputs,
        ),
      ];

const measure = (question: StepQuestion, candidate: TrafficCounters): readonly Measurement[] => {
  const { analysis, references, championReferences } = question;
  const champion = comparable(question);
  const alpha = FALSE_ALARMS / (3 + Object.keys(references).length);
  const theirs =
    champion === undefined || championReferences === undefined
      ? undefined
      : { counters: champion, references: championReferences };
  return [
    measureErrors(candidate, champion, analysis.maxErrorRateIncrease, alpha, question.sameInputs),
    ...(champion === undefined
      ? []
      : [
          measureLatency(candidate, champion, analysis.maxLatencyRatio, alpha),
          measurePredictions(candidate, champion, analysis.maxPredictionDistance, alpha),
        ]),
    ...measureFeatures(candidate, references, analysis, alpha, theirs),
  ];
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
    .map(
      ({ name, value, limit, verdict }) =>
        `${name} is ${round(value)}, ${PROBLEM[verdict]} its limit of ${round(limit)}`,
    )
    .join('; ');

const round = (value: number): number => Number(value.toPrecision(3));
