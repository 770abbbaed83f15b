import type { GateRule, PairedRule, SliceSpec } from '../spec/gates.js';
import { percent, showLimits } from './verdicts.js';

/** A rule in a few words, e.g. `brier <= 0.2`. */
export const describeRule = (rule: GateRule): string => {
  switch (rule.kind) {
    case 'threshold':
      return `${rule.metric} ${showLimits(rule)}${rule.confidence === undefined ? '' : ` at ${percent(rule.confidence)}`}${perSlice(rule.slice)}`;
    case 'champion':
      return `${comparison(rule, "the champion's")}${perSlice(rule.slice)}`;
    case 'anchor':
      return comparison(rule, `that of ${rule.at.slice(0, 19)}`);
    case 'budget':
      return `${rule.budget} <= ${rule.max}`;
    case 'data':
      return `data of the ${rule.table} table`;
    case 'leakage':
      return `leakage by ${rule.by} <= ${percent(rule.max)}`;
    case 'behaviour':
      return `prediction ${rule.prediction === 'same' ? 'stays' : rule.prediction} when ${rule.feature} ${'by' in rule.change ? `changes by ${rule.change.by}` : 'is another'}`;
    case 'cases':
      return `${rule.cases.length} known cases`;
    case 'command':
      return `${rule.run.split('\n')[0]?.slice(0, 80) ?? ''}: ${Object.keys(rule.metrics).join(', ')}`;
  }
};

const comparison = ({ metric, test, margin, confidence }: PairedRule, whose: string): string =>
  `${metric} ${test === 'superiority' ? 'better than' : 'not worse than'} ${whose} by ${margin} at ${confidence * 100} %`;

const perSlice = (slice: SliceSpec | undefined): string => (slice === undefined ? '' : `, per ${slice.column}`);
