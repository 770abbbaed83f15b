import type { AnchorRule, ChampionRule } from '../../spec/types.js';
import { comparePaired, type BlockUnit } from '../comparePaired.js';
import { describeRule } from '../describeRule.js';
import { pairBlocks } from '../pairBlocks.js';
import { isUnavailable, type GateEvidence, type GateFacts, type PairedBlock, type RuleResult } from '../types.js';

/** The candidate beside what serves now. */
export const judgeChampion = (rule: ChampionRule, { champion }: GateEvidence, unit: BlockUnit): RuleResult => {
  const about = describeRule(rule);
  if (champion === undefined) return { rule: about, verdict: 'skipped', reason: 'there is no champion yet' };
  const blocks = champion.paired[rule.metric];
  if (blocks === undefined) {
    const reason = `${rule.metric} of the champion could not be computed`;
    return { rule: about, verdict: 'insufficient_data', reason };
  }
  return compared(rule, blocks, unit);
};

/** The candidate beside one version that stays. One that cannot be had is an error: it was asked for by name. */
export const judgeAnchor = (rule: AnchorRule, { sample }: GateFacts, blockMs: number, unit: BlockUnit): RuleResult => {
  const about = describeRule(rule);
  if (sample !== undefined && isUnavailable(sample))
    return { rule: about, verdict: 'error', reason: sample.unavailable };
  const anchor = sample?.anchors[rule.at];
  if (sample === undefined || anchor === undefined)
    return { rule: about, verdict: 'error', reason: `nothing was predicted with ${rule.at}` };
  if (isUnavailable(anchor)) return { rule: about, verdict: 'error', reason: anchor.unavailable };
  if (!Array.from(anchor).every((value) => value >= 0 && value <= 1))
    return { rule: about, verdict: 'error', reason: 'a prediction of the anchor is no probability' };
  const blocks = pairBlocks(rule.metric, sample.times, sample.labels, sample.candidate, anchor, blockMs);
  const result = compared(rule, blocks, unit);
  return { ...result, reason: result.reason.replace('the candidate differs', 'the candidate differs from the anchor') };
};

const compared = (rule: ChampionRule | AnchorRule, blocks: readonly PairedBlock[], unit: BlockUnit): RuleResult => {
  const { verdict, difference, interval, reason } = comparePaired(blocks, rule, unit);
  return {
    rule: describeRule(rule),
    verdict,
    ...(difference === undefined ? {} : { observed: difference }),
    ...(interval === undefined ? {} : { interval }),
    reason: `${rule.metric}: ${reason}`,
  };
};
