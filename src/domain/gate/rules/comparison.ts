import { isLoss } from '../../spec/metrics.js';
import type { AnchorRule, ChampionRule } from '../../spec/gates.js';
import { areProbabilities } from '../../statistics/probabilities.js';
import { comparePaired } from '../comparePaired.js';
import { compareResampled } from '../compareResampled.js';
import { describeRule } from '../describeRule.js';
import type { BlockUnit, PairedComparison } from '../judgeDifference.js';
import { pairBlocks } from '../pairBlocks.js';
import {
  isUnavailable,
  type GateEvidence,
  type GateFacts,
  type PairedBlock,
  type Resampled,
  type RuleResult,
} from '../types.js';

/** The candidate beside what serves now. */
export const judgeChampion = (
  rule: ChampionRule,
  { champion }: GateEvidence,
  { besideChampion }: GateFacts,
  unit: BlockUnit,
): RuleResult => {
  const about = describeRule(rule);
  if (champion === undefined) return { rule: about, verdict: 'skipped', reason: 'there is no champion yet' };
  const blocks = isLoss(rule.metric) ? champion.paired[rule.metric] : undefined;
  const compared = compare(rule, blocks, besideChampion, unit);
  if (compared !== undefined) return told(rule, compared);
  const reason = `${rule.metric} of the champion could not be computed`;
  return { rule: about, verdict: 'insufficient_data', reason };
};

const compare = (
  rule: ChampionRule | AnchorRule,
  blocks: readonly PairedBlock[] | undefined,
  resampled: Resampled | undefined,
  unit: BlockUnit,
): PairedComparison | undefined => {
  if (isLoss(rule.metric)) return blocks === undefined ? undefined : comparePaired(blocks, rule, unit);
  return resampled === undefined ? undefined : compareResampled(rule.metric, resampled, rule, unit);
};

/** The candidate beside one version that stays. One that cannot be had is an error: it was asked for by name. */
export const judgeAnchor = (
  rule: AnchorRule,
  { sample, besideAnchors }: GateFacts,
  blockMs: number,
  unit: BlockUnit,
): RuleResult => {
  const failed = (reason: string): RuleResult => ({ rule: describeRule(rule), verdict: 'error', reason });
  if (sample !== undefined && isUnavailable(sample)) return failed(sample.unavailable);
  const anchor = sample?.anchors[rule.at];
  if (sample === undefined || anchor === undefined) return failed(`nothing was predicted with ${rule.at}`);
  if (isUnavailable(anchor)) return failed(anchor.unavailable);
  if (!areProbabilities(anchor)) return failed('a prediction of the anchor is no probability');
  const { times, labels, candidate } = sample;
  const blocks = isLoss(rule.metric) ? pairBlocks(rule.metric, times, labels, candidate, anchor, blockMs) : undefined;
  const compared = compare(rule, blocks, besideAnchors?.[rule.at], unit);
  if (compared === undefined) return failed(`${rule.metric} of the anchor could not be computed`);
  const result = told(rule, compared);
  return { ...result, reason: result.reason.replace('the candidate differs', 'the candidate differs from the anchor') };
};

const told = (
  rule: ChampionRule | AnchorRule,
  { verdict, difference, interval, reason }: PairedComparison,
): RuleResult => ({
  rule: describeRule(rule),
  verdict,
  ...(difference === undefined ? {} : { observed: difference }),
  ...(interval === undefined ? {} : { interval }),
  reason: `${rule.metric}: ${reason}`,
});
