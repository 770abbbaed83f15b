import { isLoss, type LossName } from '../spec/metrics.js';
import type { GateSpec } from '../spec/gates.js';
import {
  blockBootstrap,
  metricInterval,
  type BlockBootstrap,
  type MetricEstimates,
} from '../statistics/blockBootstrap.js';
import { binaryMetrics } from '../statistics/binaryMetrics.js';
import { blockSums } from '../statistics/blockSums.js';
import { calibrationCurve, confusion, rocCurve } from '../statistics/curves.js';
import { areProbabilities, isProbability } from '../statistics/probabilities.js';
import { risingOrder } from '../statistics/risingOrder.js';
import { timeBlocks, type TimeBlocks } from '../statistics/timeBlocks.js';
import { MIN_BLOCKS } from './judgeDifference.js';
import { constantModel, withSkill } from './constantModel.js';
import { evaluateGate } from './evaluateGate.js';
import { DAY_MS, pairBlocks } from './pairBlocks.js';
import {
  isUnavailable,
  type Curves,
  type GateEvidence,
  type GateFacts,
  type GateResult,
  type GateSample,
  type Intervals,
  type Metrics,
  type Unavailable,
} from './types.js';

/** Rows as they were predicted; whether they can be judged is found out here. */
export type RowSample = GateSample & { readonly champion?: ArrayLike<number> };

/** Everything that gates are judged on, as plain data that a thread can be given. */
export interface GateQuestion {
  readonly gates: readonly GateSpec[];
  readonly sample: RowSample;
  readonly championDigest?: string;
  /** Share of positives in the training data, where its labels can be read. */
  readonly trainedRate?: number;
  /** By gate: the facts that its rules look at besides the rows. */
  readonly facts: readonly Omit<GateFacts, 'sample' | 'estimates' | 'blocks'>[];
  /** Digests of what is compared. */
  readonly seed: string;
  readonly rounds?: number;
}

export interface GateJudgement {
  readonly evidence: GateEvidence;
  readonly results: readonly GateResult[];
}

const ROUNDS = 1_000;
const CONFIDENCE = 0.95;
const ROC_POINTS = 100;
/** More are joined with their neighbours: longer blocks only make the intervals more careful. */
const MOST_BLOCKS = 400;

/** Computes metrics, intervals and comparisons once per length of block, and holds each gate to its own. */
export const judgeGates = (question: GateQuestion): GateJudgement => {
  const measured = new Map<number, Measured>();
  const rising = sortOnce();
  const measuredBy = (blockMs: number): Measured => {
    const known = measured.get(blockMs) ?? measureSample(question, blockMs, rising);
    measured.set(blockMs, known);
    return known;
  };
  const results = question.gates.map((gate, position) => {
    const { evidence, sample, bootstrap, besideAnchors } = measuredBy(gate.blockMs ?? DAY_MS);
    return evaluateGate(gate, evidence, {
      ...question.facts[position],
      sample,
      besideAnchors,
      ...(bootstrap === undefined
        ? {}
        : { estimates: bootstrap.candidate, blocks: bootstrap.blocks, besideChampion: bootstrap }),
    });
  });
  return { evidence: measuredBy(question.gates[0]?.blockMs ?? DAY_MS).evidence, results };
};

interface Measured {
  readonly sample: GateSample | Unavailable;
  readonly evidence: GateEvidence;
  readonly bootstrap?: BlockBootstrap;
  readonly besideAnchors: Readonly<Record<string, BlockBootstrap>>;
}

/** Row numbers by rising prediction, of each model once: metrics, curves and every length of block need them. */
type Rising = (predictions: ArrayLike<number>) => Uint32Array;

const sortOnce = (): Rising => {
  const sorted = new Map<ArrayLike<number>, Uint32Array>();
  return (predictions) => {
    const order = sorted.get(predictions) ?? risingOrder(predictions);
    sorted.set(predictions, order);
    return order;
  };
};

const measureSample = (question: GateQuestion, blockMs: number, rising: Rising): Measured => {
  const { sample, championDigest, trainedRate: rate = Number.NaN } = question;
  const { times, labels, candidate, champion } = sample;
  const truth = Array.from(labels);
  const positives = truth.filter((label) => label === 1).length;
  const constant = constantModel(rate, { rows: labels.length, positives });
  const measure = (predictions: ArrayLike<number>): Metrics =>
    withSkill(binaryMetrics(Array.from(predictions), truth, rising(predictions)), constant);
  const unfit = unfitRows(sample);
  const metrics = unfit === undefined ? measure(candidate) : {};
  const theirs = champion === undefined ? undefined : measure(champion);
  const isSound = (of: object | undefined): boolean => of === undefined || Object.keys(of).length > 0;
  const blocks = joinBlocks(timeBlocks(times, blockMs));
  const bootstrap = isSound(metrics) && isSound(theirs) ? resample(question, blocks, rising, champion) : undefined;
  const rounds = {
    ...(bootstrap === undefined ? {} : { bootstrap }),
    besideAnchors: isSound(metrics) ? resampleAnchors(question, blocks, rising) : {},
  };
  const judgeable: GateSample | Unavailable =
    unfit ??
    (isSound(theirs)
      ? sample
      : { ...sample, champion: { unavailable: "a prediction of the champion's is no probability" } });
  const own = {
    rows: labels.length,
    positives,
    metrics,
    ...(constant === undefined || !isSound(metrics) ? {} : { constant }),
    ...(bootstrap === undefined ? {} : { intervals: intervals(bootstrap, bootstrap.candidate) }),
    ...(isSound(metrics) ? { curves: curvesOf(candidate, labels, rising) } : {}),
  };
  if (champion === undefined || championDigest === undefined || theirs === undefined)
    return { evidence: own, sample: judgeable, ...rounds };
  const pair = (metric: LossName) => pairBlocks(metric, times, labels, candidate, champion, blockMs);
  // Sums over what is no number would be none either, and evidence holds only numbers.
  const paired = isSound(metrics) && isSound(theirs) ? { brier: pair('brier'), log_loss: pair('log_loss') } : {};
  const evidence: GateEvidence = {
    ...own,
    champion: {
      artifactDigest: championDigest,
      metrics: theirs,
      paired,
      ...(bootstrap?.difference === undefined ? {} : { differences: intervals(bootstrap, bootstrap.difference) }),
      ...(isSound(theirs) ? { curves: curvesOf(champion, labels, rising) } : {}),
    },
  };
  return { evidence, sample: judgeable, ...rounds };
};

/**
 * Why nothing can be computed of these rows. One label or time that is missing is enough: what is left out might be
 * what the model is bad at, and no rule says how much may be.
 */
const unfitRows = ({ times, labels, candidate }: RowSample): Unavailable | undefined => {
  const count = (values: ArrayLike<number>, isFit: (value: number) => boolean): string | undefined => {
    const unfit = Array.from(values).filter((value) => !isFit(value)).length;
    return unfit === 0 ? undefined : `in ${unfit} of ${values.length} rows`;
  };
  if (labels.length !== times.length || labels.length !== candidate.length)
    return { unavailable: 'labels, event times and predictions differ in number' };
  const [label, time, prediction] = [
    count(labels, (value) => value === 0 || value === 1),
    count(times, Number.isFinite),
    count(candidate, isProbability),
  ];
  const reasons = [
    ...(label === undefined ? [] : [`${label} the label is missing, or neither 0 nor 1`]),
    ...(time === undefined ? [] : [`${time} the event time is missing, or no number`]),
    ...(prediction === undefined ? [] : [`${prediction} the prediction is no probability`]),
  ];
  return reasons.length === 0 ? undefined : { unavailable: reasons.join('; ') };
};

const resample = (
  { sample: { labels, candidate }, trainedRate, seed, rounds = ROUNDS }: GateQuestion,
  blocks: TimeBlocks,
  rising: Rising,
  other: ArrayLike<number> | undefined,
): BlockBootstrap => {
  const sums = (of: ArrayLike<number>) => blockSums(of, labels, blocks, trainedRate, rising(of));
  return blockBootstrap(sums(candidate), other === undefined ? undefined : sums(other), { rounds, seed });
};

/**
 * Beside every pinned version that a rule compares with by more than a mean over rows. One whose predictions are none
 * cannot be put in order; its rule tells.
 */
const resampleAnchors = (question: GateQuestion, blocks: TimeBlocks, rising: Rising): Measured['besideAnchors'] => {
  const rules = question.gates.flatMap((gate) => gate.rules);
  const named = rules.flatMap((rule) => (rule.kind === 'anchor' && !isLoss(rule.metric) ? [rule.at] : []));
  return Object.fromEntries(
    [...new Set(named)].flatMap((at) => {
      const anchor = question.sample.anchors[at];
      return anchor === undefined || isUnavailable(anchor) || !areProbabilities(anchor)
        ? []
        : [[at, resample(question, blocks, rising, anchor)]];
    }),
  );
};

const joinBlocks = ({ index, starts }: TimeBlocks): TimeBlocks => {
  const together = Math.ceil(starts.length / MOST_BLOCKS);
  if (together <= 1) return { index, starts };
  return {
    index: index.map((block) => Math.floor(block / together)),
    starts: starts.filter((_, at) => at % together === 0),
  };
};

/** None of too few blocks: a reader would take them for more than they are. */
const intervals = ({ blocks }: BlockBootstrap, estimates: MetricEstimates): Intervals =>
  blocks < MIN_BLOCKS
    ? {}
    : Object.fromEntries(
        Object.entries(estimates).map(([metric, estimate]) => [metric, metricInterval(estimate, CONFIDENCE)]),
      );

const curvesOf = (predictions: ArrayLike<number>, labels: ArrayLike<number>, rising: Rising): Curves => ({
  roc: rocCurve(predictions, labels, ROC_POINTS, rising(predictions)),
  calibration: calibrationCurve(predictions, labels),
  confusion: confusion(predictions, labels),
});
