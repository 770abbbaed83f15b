import type { CommandRule } from '../../spec/gates.js';
import { describeRule } from '../describeRule.js';
import { isUnavailable, type GateFacts, type RulePart, type RuleResult } from '../types.js';
import { areUsable, beyondLimits, combineParts, short } from '../verdicts.js';

/** Numbers that the repository's own command wrote, held to limits. It may refuse a release, and is shown as its word. */
export const judgeCommand = (
  rule: CommandRule,
  written: NonNullable<GateFacts['commands']>[number] | undefined,
): RuleResult => {
  const about = { rule: describeRule(rule), wordOf: 'repository' as const };
  if (written === undefined) return { ...about, verdict: 'error', reason: 'the command was not run' };
  if (isUnavailable(written)) return { ...about, verdict: 'error', reason: written.unavailable };
  const parts = Object.entries(rule.metrics).map(([name, limits]): RulePart => {
    const observed = Object.hasOwn(written.metrics, name) ? written.metrics[name] : undefined;
    if (!areUsable(limits)) return { name, verdict: 'error', reason: `${name} has no usable limit` };
    if (observed === undefined || observed === null)
      return { name, verdict: 'insufficient_data', reason: `${name} was not written` };
    if (typeof observed !== 'number' || !Number.isFinite(observed))
      return { name, verdict: 'error', reason: `${name} is no number` };
    const outside = beyondLimits(observed, limits);
    const shown = `${name} is ${short(observed)}`;
    return {
      name,
      observed,
      verdict: outside === '' ? 'pass' : 'fail',
      reason: outside === '' ? shown : `${shown}, ${outside}`,
    };
  });
  const result = combineParts(about.rule, 'numbers', parts);
  return { ...result, ...about, reason: `the repository's own word: ${result.reason}` };
};
